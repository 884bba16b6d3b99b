/** Less of a text where only its beginning has room; the whole of it stands in the card. */
const [longestName, longestInRow, longestSubject] = [28, 16, 200];

/** A name that leaves room for the sentence about it. */
export const short = (name: string) => cut(name, longestName);

/** A name that leaves room for the others in its row. */
export const shortest = (name: string) => cut(name, longestInRow);

/** As much of what is asked as a row can show and a screen reader should read of it. */
export const beginning = (subject: string) => cut(subject, longestSubject);

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept}…`;
}
