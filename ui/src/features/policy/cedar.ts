/**
 * Cedar in words: who may do what, statement by statement, to be read and never to decide by.
 *
 * It knows the schema of our own gateway (`schema.cedarschema`); what it does not know stands as it was written, and
 * no statement is left out.
 */
import { m } from "$lib/messages";
import { condition, type Words } from "./cedarConditions";

export type Statement = {
  /** `asks`: permitted once a person has said yes. `unread`: its shape is not known, and `who` is all of its text. */
  effect: "permits" | "asks" | "forbids" | "unread";
  who: string;
  /** Empty where it is about anything. */
  may: readonly string[];
  on: string;
  only: readonly { unless: boolean; words: Words }[];
};

const annotations = /^(?:@\w+(?:\s*\(\s*"(?:[^"\\]|\\.)*"\s*\))?\s*)+/;
const shape = /^(permit|forbid)\s*\(([\s\S]*?)\)\s*((?:(?:when|unless)\s*\{[\s\S]*\}\s*)*)$/;

export function statements(text: string): Statement[] {
  return split(withoutComments(text)).map(statement);
}

function statement(text: string): Statement {
  const written = annotations.exec(text)?.[0] ?? "";
  const found = shape.exec(text.slice(written.length));
  const [who, action = "action", on = "resource", ...more] = parts(found?.[2] ?? "");
  if (!found || who === undefined || more.length > 0) {
    return { effect: "unread", who: text, may: [], on: "", only: [] };
  }
  const asks = /@require_approval\b/.test(written);
  return {
    effect: found[1] === "forbid" ? "forbids" : asks ? "asks" : "permits",
    who: principal(who),
    may: named(action).map(({ name }) => m.cedar.actions[name] ?? name.replace(/_/g, " ")),
    on: resource(on),
    only: conditions(found[3] ?? ""),
  };
}

function conditions(text: string): Statement["only"] {
  return [...text.matchAll(/(when|unless)\s*\{([\s\S]*?)\}(?=\s*(?:when\b|unless\b|$))/g)].map(
    ([, word, inside = ""]) => ({ unless: word === "unless", words: condition(inside.trim()) }),
  );
}

function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*/g,
    (_, kept: string | undefined) => kept ?? "",
  );
}

/** At each semicolon that is not in a text. */
function split(text: string): string[] {
  const found = text.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? [];
  return found.map((each) => each.trim()).filter(Boolean);
}

/** The parts of a scope: commas in brackets belong to a part. */
function parts(scope: string): string[] {
  const found = scope.match(/(?:\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,["])+/g) ?? [];
  return found.map((each) => each.trim()).filter(Boolean);
}

/** What is named in a part, as in `Role::"owner"`. */
function named(part: string): { kind: string; name: string }[] {
  return [...part.matchAll(/(\w+)::"((?:[^"\\]|\\.)*)"/g)].map(([, kind = "", name = ""]) => ({
    kind,
    name,
  }));
}

/** The kind that a part is held to, as in `principal is Agent`. */
function kindOf(part: string): string {
  return /\bis\s+(\w+)/.exec(part)?.[1] ?? "";
}

/** Empty where it is anyone. */
function principal(part: string): string {
  const [first] = named(part);
  const all = m.cedar.people[kindOf(part)] ?? kindOf(part);
  if (!first) return all;
  if (first.kind === "Role") return m.cedar.inRole(all || m.cedar.everyone, first.name);
  if (first.kind === "Agent") return m.cedar.agent(first.name);
  return user(first.name);
}

function user(name: string): string {
  if (name === "shared") return m.cedar.shared;
  const [, kind, own] = /^(user|device):([\s\S]*)$/.exec(name) ?? [];
  return kind === "device" ? m.cedar.device(own ?? name) : (own ?? name);
}

/** Empty where it is anything. */
function resource(part: string): string {
  const all = m.cedar.things[kindOf(part)] ?? kindOf(part);
  const which = named(part).map(({ kind, name }) => m.cedar.thing[kind]?.(name) ?? name);
  return [all, ...which].filter(Boolean).join(" ");
}
