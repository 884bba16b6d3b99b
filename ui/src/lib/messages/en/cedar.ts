/** Words for the roles: who may do what, as the schema of our own gateway has it. */
type Fact = { yes: string; no: string };

/** What is done. */
const actions: Record<string, string> = {
  "tool.call": "call tools",
  "path.read": "read files",
  "path.write": "write files",
  "path.delete": "delete files",
  "host.connect": "reach other machines",
  "credential.use": "use credentials",
  "session.read": "read sessions",
  "session.write": "write to sessions",
  "session.create": "begin sessions",
  "approval.read": "see approvals",
  "approval.decide": "answer approvals",
  "grant.read": "see standing permissions",
  "grant.revoke": "revoke standing permissions",
  "policy.read": "see the policy",
  "policy.change": "change the policy",
  "audit.read": "read the audit",
  "audit.export": "export and seal the audit",
  "credential.list": "see what credentials there are",
  "credential.manage": "add and change credentials",
};

/** Who acts. */
const people: Record<string, string> = { Agent: "any agent", User: "any person" };

/** What it is done to. */
const things: Record<string, string> = {
  Tool: "tools",
  Path: "files",
  Host: "other machines",
  Credential: "credentials",
  Session: "sessions",
  Approval: "approvals",
  Gateway: "the gateway",
};

const thing: Record<string, (name: string) => string> = {
  Tool: (name) => `tool ${name}`,
  Server: (name) => `of server ${name}`,
  Workspace: (name) => `in workspace ${name}`,
  Host: (name) => `host ${name}`,
  Credential: (name) => `credential ${name}`,
};

const facts: Record<string, Fact> = {
  "resource.bound": {
    yes: "the credential is bound to where it goes",
    no: "the credential is not bound to where it goes",
  },
  "resource.readsOnly": { yes: "the tool only looks", no: "the tool does more than look" },
  "resource.runs": { yes: "the tool starts programs", no: "the tool starts no programs" },
  "resource.secret": { yes: "the file may hold a secret", no: "the file holds no secret" },
  "resource.below": {
    yes: "it is about everything in a folder",
    no: "it is not about everything in a folder",
  },
  'resource.server == ""': { yes: "the tool is built in", no: "the tool is not built in" },
  "resource.agent == context.agent": {
    yes: "the session is its own",
    no: "the session is not its own",
  },
  "resource.requestedBy == principal": { yes: "they asked it themselves", no: "others asked it" },
};

const members: Record<string, string> = {
  "resource.name": "its name",
  "resource.path": "its path",
  "resource.zone": "its zone",
  "resource.kind": "its type",
  "resource.server": "its server",
  "resource.agent": "its agent",
  "context.agent": "the agent",
  "context.session": "the session",
  "context.channel": "the channel",
  "context.tool": "the tool",
};

const compared: Record<string, (of: string, value: string) => string> = {
  "==": (of, value) => (value === "" ? `${of} is not known` : `${of} is ${value}`),
  "!=": (of, value) => (value === "" ? `${of} is known` : `${of} is not ${value}`),
  like: (of, value) => `${of} fits ${value}`,
};

export const cedar = {
  actions,
  people,
  things,
  thing,
  facts,
  members,
  compared,
  everyone: "everyone",
  inRole: (who: string, role: string) => `${who} with role ${role}`,
  agent: (id: string) => `agent ${id}`,
  device: (id: string) => `device ${id}`,
  shared: "whoever signs in without a device",
  withScope: (scope: string) => `the agent has the scope ${scope}`,
  withoutScope: (scope: string) => `the agent lacks the scope ${scope}`,
  and: "and",
  or: "or",
};
