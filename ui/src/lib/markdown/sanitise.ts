/**
 * The one gate through which message HTML enters the document.
 *
 * `render.ts` already writes nothing but its own tags; this holds even if it is wrong. The list of what may pass is
 * closed, and the result is a fragment, so no caller assigns HTML text to anything. DOMPurify brings the Trusted
 * Types policy `dompurify`, which the content security policy names.
 */
import DOMPurify from "dompurify";

const TAGS = [
  ..."p br hr h2 ul ol li blockquote pre code em strong del a span div".split(" "),
  ..."table thead tbody tr th td".split(" "),
  "#text",
];

const ATTRIBUTES = ["class", "role", "tabindex", "title", "start", "data-url", "data-language"];

/** The HTML as a fragment that holds nothing but text, structure, and links without an address to follow. */
export function sanitise(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    KEEP_CONTENT: true,
    RETURN_DOM_FRAGMENT: true,
  });
}
