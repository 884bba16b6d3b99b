/** The words of the sign-in, which only a browser sees. */
export const signin = {
  title: (gateway: string) => `Sign in to ${gateway}`,
  meaning:
    "This page is served by the gateway itself. It asks for the gateway’s token or password once; your browser keeps a session and nothing else.",
  again:
    "Your session with the gateway is over: nobody was here for half a day, or the gateway was started again. What you had begun to write is still here behind this.",
  credential: "Token or password",
  help: "`gatehouse gateway token` on the gateway’s machine shows the token.",
  signIn: "Sign in",
  signOut: "Sign out",
  wrong: "The gateway does not take this token or password.",
  tooMany: "Too many wrong attempts from this address. Wait a few minutes, then try again.",
  unreachable: "The gateway does not answer. Is it still running?",
  failed: "The gateway could not sign you in.",
};
