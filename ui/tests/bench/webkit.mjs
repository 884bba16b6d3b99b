/** WebKitGTK as the bench drives it: its MiniBrowser through WebKitWebDriver, in plain WebDriver over HTTP. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const PORT = 4451;
const base = `http://127.0.0.1:${PORT}`;

/** Debian keeps it beside the library, in a folder named after the machine's architecture. */
function miniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  const folder = readdirSync("/usr/lib").find((name) => name.endsWith("-linux-gnu"));
  return `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`;
}

/** The app's own choice (`src-tauri/src/shell/rendering.rs`): without a GPU, no DMA-BUF renderer. */
function rendering() {
  const folder = "/dev/dri";
  const nodes = existsSync(folder) ? readdirSync(folder) : [];
  const gpu = nodes.some((name) => name.startsWith("renderD"));
  return gpu ? {} : { WEBKIT_DISABLE_DMABUF_RENDERER: "1" };
}

async function command(method, path, body) {
  const response = await fetch(`${base}${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value?.message ?? response.status}`);
  return value;
}

async function started() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return await command("GET", "/status");
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("WebKitWebDriver does not answer");
}

export async function webkitPage() {
  const driver = spawn("WebKitWebDriver", [`--port=${PORT}`], {
    stdio: "ignore",
    env: { ...rendering(), ...process.env },
  });
  await started();
  const options = { binary: miniBrowser(), args: ["--automation", "--geometry=1280x860"] };
  const { sessionId } = await command("POST", "/session", {
    capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
  });
  const at = (path) => `/session/${sessionId}${path}`;
  await command("POST", at("/timeouts"), { script: 180_000 });
  await command("POST", at("/window/rect"), { width: 1280, height: 860 });
  const asynchronous = (body) =>
    command("POST", at("/execute/async"), {
      script: `const done = arguments[0]; Promise.resolve(${body}).then(done, (e) => done({ error: String(e) }));`,
      args: [],
    });
  return {
    go: async (url) => {
      await command("POST", at("/url"), { url: "about:blank" });
      await command("POST", at("/url"), { url });
    },
    run: (script) => command("POST", at("/execute/sync"), { script, args: [] }),
    evaluate: asynchronous,
    screenshot: () => command("GET", at("/screenshot")),
    close: async () => {
      await command("DELETE", at("")).catch(() => undefined);
      driver.kill();
    },
  };
}
