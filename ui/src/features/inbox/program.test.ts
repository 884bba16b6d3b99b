import { describe, expect, it } from "vitest";
import { programOf } from "./program";
import { makeDetail, makeItem } from "./test-items";

const program = (subject: string, resolvedPath: string | null) =>
  programOf(makeDetail(makeItem({ subject }), { resolvedPath }));

describe("the file that would run", () => {
  it("is told beside the word that asks for it where it has another name", () => {
    expect(program("crontab -l", "/usr/bin/dash")).toMatchObject({ typed: "crontab", odd: true });
    expect(program("/usr/bin/python x.py", "/usr/bin/python3.12")?.typed).toBe("python");
  });

  it("is not repeated where it is what one expects", () => {
    expect(program("npm test", "/usr/bin/npm")).toMatchObject({ typed: null, odd: false });
    expect(program("A=1 rm -rf x && ls", "/bin/rm")).toMatchObject({ typed: null, odd: false });
    expect(program("npm test", "C:\\tools\\npm.cmd")?.typed).toBeNull();
  });

  it("stands out in a folder where programs seldom are, also under the name that was typed", () => {
    expect(program("npm test", "/tmp/bin/npm")).toMatchObject({ typed: null, odd: true });
    expect(program("npm test", "/home/me/usr/bin/npm")?.odd).toBe(true);
  });

  it("is not told where the gateway did not say it", () => {
    expect(program("npm test", null)).toBeNull();
  });
});
