/** Sizes of files, in words. */
const units = ["B", "KB", "MB", "GB"] as const;

/** "812 B", "17.8 KB", "31 MB". */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ""}`;
}
