import { describe, expect, it } from "vitest";
import type { EffectView, FindingView, SpanView } from "../backend/types";
import { asSentence, entriesOf, mark, type Entry } from "./marks";
import { partsOf } from "./parts";
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
  it("are sentences, also where the analysis says no more than what is done", () => {
    expect(asSentence("deletes everything below build")).toBe("Deletes everything below build.");
    expect(asSentence("It reads scheduled jobs.")).toBe("It reads scheduled jobs.");
  });

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

  it("tell what leaves, goes away or widens rights before what stays, wherever it stands", () => {
    const kinds = ["read", "write", "execute", "network", "delete"] as const;
    const effects = kinds.map((kind, at) => effect({ kind, text: kind, span: span(at, at + 1) }));
    const entries = entriesOf({ findings: [], effects }, about);
    const order = ["network", "delete", "execute", "write", "read"];
    expect(entries.map(({ text }) => text)).toEqual(order);
  });

  it("tell many places that are written to at once, and each of a few", () => {
    const writes = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        effect({ text: `writes ${at}`, span: span(at, at + 1) }),
      );
    const network = effect({ kind: "network", text: "sends", span: span(90, 91) });
    const texts = (effects: EffectView[], cut = false) =>
      entriesOf({ findings: [], effects, cut }, about).map(({ text }) => text);
    expect(texts(writes(2))).toEqual(["writes 0", "writes 1"]);
    expect(texts([...writes(60), network])).toEqual(["sends", "Writes to 60 places."]);
    expect(texts(writes(60), true)).toEqual(["Writes to at least 60 places."]);
    const [all] = entriesOf({ findings: [], effects: writes(60) }, about);
    expect(all?.spans, "each place is marked").toHaveLength(60);
  });

  it("tell apart many places of different sorts, and each that is grave or asked about", () => {
    const writes = Array.from({ length: 12 }, (_, at) =>
      effect({ text: `writes ${at}`, zone: at < 6 ? "system" : "home" }),
    );
    const grave = writes.map((each) => ({ ...each, zone: "protected" as const }));
    const findings = writes.map(({ text }) => finding({ text }));
    const zone = (effect: EffectView) => effect.zone;
    expect(entriesOf({ findings: [], effects: writes }, zone)).toHaveLength(2);
    expect(entriesOf({ findings: [], effects: grave }, zone)).toHaveLength(12);
    expect(entriesOf({ findings, effects: writes }, zone)).toHaveLength(12);
  });

  it("are none of them left out", () => {
    const effects = Array.from({ length: 150 }, (_, at) =>
      effect({ kind: "delete", text: `deletes ${at}` }),
    );
    expect(entriesOf({ findings: [], effects }, about)).toHaveLength(150);
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
    expect(build).toMatchObject({ level: "danger", numbers: [1, 2], danger: true });
    expect(build?.ends).toEqual([{ number: 1, level: "danger" }]);
    const curl = pieces.find((piece) => piece.text === "curl");
    expect(curl).toMatchObject({ level: "ask", numbers: [2], danger: false });
    expect(curl?.ends).toEqual([{ number: 2, level: "ask" }]);
  });

  it("end with the number, once", () => {
    const pieces = mark(read(text).pieces, [entry(1, "effect", span(0, 12))]);
    expect(pieces.filter(({ ends }) => ends?.length).map((piece) => piece.text)).toEqual(["build"]);
  });

  it("end with a number as grave as its own sentence, within a graver place too", () => {
    const pieces = mark(read(text).pieces, [
      entry(1, "danger", span(0, 27)),
      entry(2, "effect", span(7, 12)),
    ]);
    const build = pieces.find((piece) => piece.text === "build");
    expect(build).toMatchObject({ level: "danger", ends: [{ number: 2, level: "effect" }] });
  });

  it("end with the number once also where a place goes over several parts of a long text", () => {
    const long = `echo ${"x".repeat(20_000)}`;
    const pieces = mark(read(long).pieces, [entry(1, "effect", span(0, long.length))]);
    const parts = partsOf(pieces).flatMap((part) => part.pieces);
    expect(parts.filter(({ ends }) => ends?.length)).toHaveLength(1);
    expect(parts.at(-1)?.ends).toHaveLength(1);
  });

  it("fit where a span reaches beyond the text", () => {
    const pieces = mark(read("ls").pieces, [entry(1, "effect", span(0, 99))]);
    expect(pieces.map((piece) => piece.text).join("")).toBe("ls");
  });
});
