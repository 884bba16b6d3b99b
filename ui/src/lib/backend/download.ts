/** An audit export as a browser's download: page by page, then one file. */
import type { AuditExportPage, ExportAudit, ExportedAudit } from "./types";

const types = { jsonl: "application/jsonl", csv: "text/csv", otlp: "application/json" };
const endings = { jsonl: "jsonl", csv: "csv", otlp: "json" };

export async function download(
  { format }: ExportAudit,
  page: (after: number | null) => Promise<AuditExportPage>,
  save: (file: Blob, name: string) => void = saveFile,
): Promise<ExportedAudit> {
  const parts: string[] = [];
  let after: number | null = null;
  do {
    const { text, next }: AuditExportPage = await page(after);
    parts.push(text);
    // A page that does not go on would be asked for again for ever.
    if (next !== null && after !== null && next <= after) break;
    after = next;
  } while (after !== null);
  const file = new Blob(parts, { type: types[format] });
  const name = `gatehouse-audit-${new Date().toISOString().slice(0, 10)}.${endings[format]}`;
  save(file, name);
  return { place: name, bytes: file.size };
}

function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
