// @vitest-environment jsdom
/**
 * What a hostile author can write, through everything it passes on its way to the document. In jsdom, which parses
 * HTML as browsers do.
 */
import { describe, expect, it } from "vitest";
import { MarkdownDocument } from "./document";
import { openableUrl } from "./render";
import { sanitise } from "./sanitise";

const CORPUS = [
  "<script>alert(1)</script>",
  "<ScRiPt src=//x.example/a.js></sCrIpT>",
  "<img src=x onerror=alert(1)>",
  "<img src='x' onerror='alert(1)'/>",
  "<svg onload=alert(1)><script>alert(1)</script></svg>",
  "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
  "<form action=javascript:alert(1)><button>x</button></form>",
  "<a href='javascript:alert(1)'>x</a>",
  "<details open ontoggle=alert(1)>x</details>",
  "<style>@import 'https://x.example/a.css'; *{display:none}</style>",
  "<link rel=stylesheet href=https://x.example/a.css><base href=https://x.example/>",
  "<meta http-equiv=refresh content='0;url=https://x.example'>",
  "<template><img src=x onerror=alert(1)></template>",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
  "<!--><img src=x onerror=alert(1)>-->",
  "<![CDATA[<img src=x onerror=alert(1)>]]>",
  "<div style='background:url(https://x.example/p)' id=app class=a>x</div>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java&#10;script:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](file:///etc/passwd)",
  "[x](//x.example/p)",
  '[x](https://x.example/"onmouseover="alert(1))',
  "[x](https://x.example '\" onmouseover=\"alert(1)')",
  "![x](https://x.example/pixel.png)",
  "![x](javascript:alert(1))",
  "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
  '![x" onerror="alert(1)](https://x.example/p.png)',
  "<javascript:alert(1)>",
  "[x]: javascript:alert(1)\n\n[x]",
  '```"><script>alert(1)</script>\ncode\n```',
  "`<img src=x onerror=alert(1)>`",
  "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
  "# <img src=x onerror=alert(1)>",
  "- <img src=x onerror=alert(1)>\n  - [x](javascript:alert(1))",
  "> <svg/onload=alert(1)>",
  "&lt;img src=x onerror=alert(1)&gt;",
  "**<img src=x onerror=alert(1)>**",
  "[<img src=x onerror=alert(1)>](https://x.example)",
  "~~~html\n<script>alert(1)</script>",
  "</div></div><script>alert(1)</script>",
];

/** Elements and attributes that a message may have. Written down again here: the test must not trust the code. */
const ALLOWED = new Set(
  "P BR HR H2 UL OL LI BLOCKQUOTE PRE CODE EM STRONG DEL A SPAN DIV TABLE THEAD TBODY TR TH TD".split(
    " ",
  ),
);
const ATTRIBUTES = new Set([
  "class",
  "role",
  "tabindex",
  "title",
  "start",
  "data-url",
  "data-language",
]);

function checkHarmless(html: string): void {
  const host = document.createElement("div");
  host.append(sanitise(html));
  for (const element of host.querySelectorAll("*")) {
    expect(ALLOWED, html).toContain(element.tagName);
    for (const attribute of element.attributes) expect(ATTRIBUTES, html).toContain(attribute.name);
    const url = element.getAttribute("data-url");
    if (url !== null) expect(url, html).toMatch(/^https?:\/\//);
  }
}

function htmlOf(text: string, streaming: boolean): string {
  return new MarkdownDocument()
    .update(text, streaming)
    .map((block) => (block.kind === "prose" ? block.html : ""))
    .join("");
}

describe("what a hostile author writes", () => {
  it.each(CORPUS)("is harmless: %s", (text) => {
    checkHarmless(htmlOf(text, false));
    checkHarmless(htmlOf(text, true));
  });

  it.each(CORPUS)("is harmless however much of it has come: %s", (text) => {
    for (let end = 0; end <= text.length; end += 1) checkHarmless(htmlOf(text.slice(0, end), true));
  });

  it.each(CORPUS)("makes no tag of its own even before it is sanitised: %s", (text) => {
    const host = document.createElement("div");
    host.innerHTML = htmlOf(text, false);
    expect(
      host.querySelector("img, script, svg, math, iframe, style, form, [href], [src]"),
    ).toBeNull();
  });

  it.each(CORPUS)("would be harmless even if it were taken for HTML: %s", (text) => {
    checkHarmless(text);
  });

  it("is still there to be read", () => {
    const host = document.createElement("div");
    host.append(sanitise(htmlOf("<script>alert(1)</script> and <b>bold</b>", false)));
    expect(host.textContent).toContain("<script>alert(1)</script> and <b>bold</b>");
  });
});

describe("an address", () => {
  it.each(["https://example.com/a", "http://example.com/"])("may be opened: %s", (url) => {
    expect(openableUrl(url)).toBe(url);
  });

  it.each(["javascript:1", "data:,x", "file:///x", "//x.example", "x", "mailto:a@b.example", ""])(
    "may not: %s",
    (url) => {
      expect(openableUrl(url)).toBeNull();
    },
  );

  it("is dropped when it is too long to be shown", () => {
    expect(openableUrl(`https://example.com/${"a".repeat(5000)}`)).toBeNull();
  });

  it("never becomes something to follow", () => {
    const html = htmlOf("[x](https://example.com) https://auto.example", false);
    expect(html.match(/data-url=/g)).toHaveLength(2);
    expect(html).not.toContain("href");
  });
});
