/** Chooses the backend: the desktop's, the browser's, or in a development build a fake that the address names. */
import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

/** What Tauri leaves in its windows. A page without it was served by a gateway. */
const inDesktop = () => "__TAURI_INTERNALS__" in globalThis;

type SignIn = (typed: string) => Promise<void>;

/** How a person is asked for a gateway's credential. Each resolves once the browser is signed in. */
export type Asking = {
  /** Before there is a page. */
  first: (gateway: string, signIn: SignIn) => Promise<void>;
  /** Over the page, whose session ended. */
  again: (gateway: string, signIn: SignIn, signedIn: () => Promise<boolean>) => Promise<void>;
};

export async function chooseBackend(search: string, asking: Asking): Promise<Backend> {
  // The constant is false in a production build, which drops the branch and the fake with it.
  if (__FAKE_BACKEND__ && new URLSearchParams(search).has("fake")) {
    const { fakeBackend, fakeCredential, fakeSignIn } = await import("./fake/fake");
    await fakeSignIn(search, asking.first);
    const fake = fakeBackend(search);
    const signOut = () => asking.again("Home server", fakeCredential, async () => false);
    // The screens check brings a screen into its state with these.
    Object.assign(globalThis, { fake: { ...fake.controls, signOut } });
    return fake;
  }
  if (inDesktop()) return tauriBackend();
  const { browserSession, httpBackend, signIn } = await import("./http");
  /** A gateway that asks for nothing on this machine lets the browser in without a form. */
  const enter = (ask: () => Promise<void>) => signIn(null).catch(ask);
  const session = await browserSession();
  if (session && !session.signedIn) await enter(() => asking.first(session.name, signIn));

  const again = async () => {
    const now = await browserSession();
    if (!now) return false;
    const signedIn = async () => (await browserSession())?.signedIn ?? false;
    if (!now.signedIn) await enter(() => asking.again(now.name, signIn, signedIn));
    return true;
  };
  return httpBackend(again, () => globalThis.location.reload());
}
