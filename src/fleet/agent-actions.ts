import { lacksRight } from "../base/action.ts";

/** Which buttons an agent has in which state, with the reason where one is dead. Pure. */
export interface AgentAction {
  readonly verb: "quarantine" | "release" | "bury" | "renew";
  readonly allowed: boolean;
  readonly reason: string | null;
}

const buried = "its id is buried: enrol the machine anew";
const reasons = {
  live: { release: "it is not in quarantine" },
  quarantined: {
    quarantine: "it is in quarantine already",
    renew: "a host in quarantine gets no certificate",
  },
  buried: { quarantine: buried, release: buried, bury: buried, renew: buried },
} as const satisfies Readonly<
  Record<"live" | "quarantined" | "buried", Partial<Record<AgentAction["verb"], string>>>
>;

export function agentActions(
  state: keyof typeof reasons,
  mayManage: boolean,
): readonly AgentAction[] {
  const lacking = lacksRight(mayManage, "host.manage");
  const dead: Partial<Record<AgentAction["verb"], string>> = reasons[state];
  return (["quarantine", "release", "bury", "renew"] as const).map((verb) => {
    const reason = lacking ?? dead[verb] ?? null;
    return { verb, allowed: reason === null, reason };
  });
}
