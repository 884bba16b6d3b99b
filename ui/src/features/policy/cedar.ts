/**
 * Cedar in words: who may do what, statement by statement, to be read and never to decide by.
 *
 * It knows the shape of a statement and no more; what it does not know stands as it was written.
 */
export type Statement = {
  permits: boolean;
  who: string;
  /** Empty where it is about anything. */
  may: readonly string[];
  on: string;
  /** Conditions as they were written, with `when` or `unless`. */
  only: readonly { unless: boolean; text: string }[];
};

const shape = /^(permit|forbid)\s*\(([\s\S]*?)\)\s*((?:(?:when|unless)\s*\{[\s\S]*\}\s*)*)$/;

export function statements(text: string): Statement[] {
  return split(withoutComments(text)).flatMap((each) => {
    const found = shape.exec(each.replace(/^(@\w+(\("[^"]*"\))?\s*)+/, ""));
    if (!found) return [];
    const [, effect, scope = "", conditions = ""] = found;
    const [who = "", action = "", on = ""] = parts(scope);
    return [
      {
        permits: effect === "permit",
        who: names(who).join(", "),
        may: names(action),
        on: names(on).join(", "),
        only: [
          ...conditions.matchAll(/(when|unless)\s*\{([\s\S]*?)\}(?=\s*(?:when|unless|$))/g),
        ].map(([, word, condition = ""]) => ({
          unless: word === "unless",
          text: condition.trim(),
        })),
      },
    ];
  });
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

/** The three parts of a scope: commas in brackets belong to a part. */
function parts(scope: string): string[] {
  const found = scope.match(/(?:\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,["])+/g) ?? [];
  return found.map((each) => each.trim());
}

/** `Role::"owner"` is owner; a kind that says something stays: `agent ops`. */
function names(part: string): string[] {
  return [...part.matchAll(/(\w+)::"([^"]*)"/g)].map(([, kind = "", name = ""]) => {
    if (kind === "Agent") return `agent ${name}`;
    return kind === "Credential" ? `credential ${name}` : name.replace(/_/g, " ");
  });
}
