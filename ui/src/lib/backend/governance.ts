/**
 * The part of the backend about governance: policy, standing permissions, audit, the credentials of agents, what can
 * be undone, and the rules by which this app answers for gateways that have no policy.
 *
 * All but the last ask a gateway that is `governed`; any other refuses with `notSupported`.
 */
import type {
  AgentCredentialView,
  AgentView,
  AuditPage,
  AuditQuery,
  AuditRecordView,
  AutoAnswerView,
  AutoRule,
  CheckCommand,
  ConfigurationView,
  DecisionView,
  ExportAudit,
  ExportedAudit,
  GatewayId,
  GrantView,
  PastCommand,
  PolicyProblem,
  PolicyView,
  RotateAgentCredential,
  SetAgentCredential,
  SetPolicy,
  SimulatePolicy,
  SimulationView,
  UndoItemView,
  VerificationView,
} from "./types";

export interface Governance {
  policyGet(gateway: GatewayId): Promise<PolicyView>;
  /** What is wrong with it, without taking it. */
  policyValidate(
    gateway: GatewayId,
    document: string,
    roles: string | null,
  ): Promise<PolicyProblem[]>;
  policySet(input: SetPolicy): Promise<PolicyView>;
  /** Runs nothing. */
  policyCheck(input: CheckCommand): Promise<DecisionView>;
  policySimulate(input: SimulatePolicy): Promise<SimulationView>;

  grantsList(gateway: GatewayId): Promise<GrantView[]>;
  grantsPreview(gateway: GatewayId, pattern: string, agent: string | null): Promise<PastCommand[]>;
  grantRevoke(gateway: GatewayId, id: string): Promise<boolean>;

  auditList(query: AuditQuery): Promise<AuditPage>;
  auditRecord(gateway: GatewayId, seq: number): Promise<AuditRecordView>;
  auditVerify(gateway: GatewayId): Promise<VerificationView>;
  /** Writes a file, where this backend writes them: the downloads. */
  auditExport(input: ExportAudit): Promise<ExportedAudit>;

  agentCredentialsList(gateway: GatewayId): Promise<AgentCredentialView[]>;
  agentCredentialSet(input: SetAgentCredential): Promise<void>;
  agentCredentialRotate(input: RotateAgentCredential): Promise<void>;
  agentCredentialDelete(gateway: GatewayId, name: string): Promise<boolean>;

  agentsList(gateway: GatewayId): Promise<AgentView[]>;

  /** Whether what the configuration file says is in force. */
  configurationState(gateway: GatewayId): Promise<ConfigurationView>;

  undoList(gateway: GatewayId, session: string | null): Promise<UndoItemView[]>;
  /** Answers where it is again. */
  undoRestore(gateway: GatewayId, id: string): Promise<string>;

  autoAnswers(): Promise<AutoAnswerView>;
  autoAnswersPause(paused: boolean): Promise<AutoAnswerView>;
  autoRuleSave(rule: AutoRule): Promise<AutoAnswerView>;
  autoRuleRemove(id: string): Promise<AutoAnswerView>;
}
