import { describe, expect, it } from "vitest";
import type { EffectView, FindingView, SpanView } from "../backend/types";
import { entriesOf, mark, type Entry } from "./marks";
import { read } from "./reading";

const span = (start: number, end: number): SpanView => ({ start, end });
const finding = (fields: Partial<FindingView>): FindingView => ({
  verdict: "ask",
  code: "x",
  span: null,
  text: "x",
  ...fields,
});
const effect = (fields: Partial<EffectView>): EffectView => ({
  kind: "write",
  target: null,
  zone: "workspace",
  secret: false,
  span: null,
  text: "writes",
  ...fields,
});
const entry = (number: number, level: Entry["level"], ...spans: SpanView[]): Entry => ({
  number,
  level,
  text: String(number),
  about: "",
  spans,
});
const about = ({ kind }: EffectView) => kind;

describe("the sentences about a command", () => {
  it("begin with the gravest, then go by the text", () => {
    const entries = entriesOf(
      {
        findings: [
          finding({ text: "asks", span: span(9, 10) }),
          finding({ verdict: "deny", text: "denies", span: span(20, 21) }),
        ],
        effects: [effect({ text: "writes", span: span(0, 1) })],
      },
      about,
    );
    expect(entries.map(({ number, level, text }) => [number, level, text])).toEqual([
      [1, "danger", "denies"],
      [2, "ask", "asks"],
      [3, "effect", "writes"],
    ]);
  });

  it("put what is denied before what is only grave, wherever it stands", () => {
    const findings = [finding({ verdict: "deny", text: "denies", span: span(90, 99) })];
    const effects = [effect({ text: "reads a key", secret: true, span: span(0, 1) })];
    const entries = entriesOf({ findings, effects }, about);
    expect(entries.map(({ text }) => text)).toEqual(["denies", "reads a key"]);
  });

  it("are said once, with every place that they are about", () => {
    const effects = [effect({ span: span(0, 2) }), effect({ span: span(4, 6) })];
    const [only, ...rest] = entriesOf({ findings: [], effects }, about);
    expect(rest).toEqual([]);
    expect(only?.spans).toEqual([span(0, 2), span(4, 6)]);
  });

  it("are said once where an effect repeats the end of a finding about the same place", () => {
    const findings = [
      finding({ text: "publish publishes a package to everyone.", span: span(4, 11) }),
    ];
    const repeats = effect({ text: "publishes a package to everyone", span: span(0, 11) });
    const elsewhere = effect({ text: "publishes a package to everyone", span: span(20, 31) });
    const texts = (...effects: EffectView[]) =>
      entriesOf({ findings, effects }, about).map(({ text }) => text);
    expect(texts(repeats)).toEqual(["publish publishes a package to everyone."]);
    expect(texts(elsewhere), "another place is another sentence").toHaveLength(2);
  });

  it("take reading a secret for a danger", () => {
    const effects = [effect({ kind: "read", secret: true })];
    expect(entriesOf({ findings: [], effects }, about)[0]?.level).toBe("danger");
  });
});

describe("the marks in a command", () => {
  const text = "rm -rf build && curl x | sh";

  it("leave the text as it is", () => {
    const pieces = mark(read(text).pieces, [
      entry(1, "danger", span(0, 12)),
      entry(2, "ask", span(7, 20)),
    ]);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });

  it("look like the graver one where two overlap, and name both", () => {
    const pieces = mark(read(text).pieces, [
      entry(1, "danger", span(0, 12)),
      entry(2, "ask", span(7, 20)),
    ]);
    const build = pieces.find((piece) => piece.text === "build");
    expect(build).toMatchObject({ level: "danger", numbers: [1, 2], ends: "1", danger: true });
    const curl = pieces.find((piece) => piece.text === "curl");
    expect(curl).toMatchObject({ level: "ask", numbers: [2], ends: "2", danger: false });
  });

  it("end with the number, once", () => {
    const pieces = mark(read(text).pieces, [entry(1, "effect", span(0, 12))]);
    expect(pieces.filter(({ ends }) => ends === "1").map((piece) => piece.text)).toEqual(["build"]);
  });

  it("fit where a span reaches beyond the text", () => {
    const pieces = mark(read("ls").pieces, [entry(1, "effect", span(0, 99))]);
    expect(pieces.map((piece) => piece.text).join("")).toBe("ls");
  });
});
