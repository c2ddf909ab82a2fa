import { Button, Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Panel } from "../parts/panel.tsx";
import type { ApproverKey } from "../parts/passkey.ts";
import { Problem } from "../parts/problem.tsx";
import { download, SignText } from "../parts/sign-text.tsx";
import { type Change, hostsText } from "./change-model.ts";

/** Signing with one's own key, on one's own machine; or why not. */
export function Approve({ change }: { readonly change: Change }) {
  const action = change.actions.find((one) => one.verb === "approve");
  const keys = useOwnKeys(action?.allowed !== true);
  if (action === undefined) return null;
  if (!action.allowed) {
    if (change.state !== "requested") return null;
    return (
      <Panel title="Your approval">
        <Text size="sm">{action.reason}</Text>
      </Panel>
    );
  }
  const hasNoKey = keys.data !== undefined && keys.data.items.length === 0;
  return (
    <Panel title="Your approval">
      <Text size="sm" mb="xs">
        Your signature lets exactly these bytes be carried out: on {hostsText(change.signed.hosts)},
        within these times, with these files. Nothing else, and nobody can change them afterwards.
        It is yours and stays in the ledger for ever.
      </Text>
      {hasNoKey && (
        <Text size="sm" mb="xs">
          <b>You have no key here yet.</b>{" "}
          <Go href="/settings/keys">Register a passkey or an SSH key</Go> first.
        </Text>
      )}
      <Sign change={change} keys={keys.data?.items ?? []} />
    </Panel>
  );
}

function Sign({
  change,
  keys,
}: {
  readonly change: Change;
  readonly keys: readonly ApproverKey[];
}) {
  return (
    <SignText
      namespace="fettle-approve-v1"
      text={change.statement}
      file={`${change.number}.plan`}
      verb="Approve"
      keys={keys}
      command={`fettle change approve ${change.number} --key ~/.ssh/id_ed25519`}
      topics={[`change:${change.id}`, "changes"]}
      send={(given) =>
        ask(
          api.POST("/api/v1/changes/{change}/approvals", {
            params: { path: { change: change.number } },
            body: given,
          }),
        )
      }
    >
      <AtDesk change={change} />
    </SignText>
  );
}

/** On another machine than this server's, which counts everything itself and shows only that. */
function AtDesk({ change }: { readonly change: Change }) {
  const pack = useDeed(async () => {
    const params = { path: { change: change.number } };
    const path = "/api/v1/changes/{change}/pack";
    download(`${change.number}.pack`, JSON.stringify(await ask(api.GET(path, { params }))));
  }, []);
  return (
    <Text size="sm" mt="sm" component="div">
      Or at the approval desk, with a passkey that this server cannot ask for:{" "}
      <Button
        size="compact-sm"
        variant="default"
        loading={pack.isPending}
        onClick={() => pack.mutate(undefined)}
      >
        Download {change.number}.pack
      </Button>{" "}
      and hand in above what the desk saves.
      {pack.isError && <Problem cause={pack.error} />}
    </Text>
  );
}

/** The requester's own signature, which hosts of strict rings demand beside the approvals. */
export function SignRequest({ change }: { readonly change: Change }) {
  const isAllowed = change.actions.some(({ verb, allowed }) => verb === "sign-request" && allowed);
  const keys = useOwnKeys(!isAllowed);
  if (!isAllowed) return null;
  return (
    <Panel title="Sign your request">
      <Text size="sm" mb="xs">
        You ask for exactly these bytes. With your signature hosts see for themselves that whoever
        asks and whoever approves are two people; rings with the rule <b>sod signed</b> start
        nothing without it.
      </Text>
      <SignText
        namespace="fettle-request-v1"
        text={change.statement}
        file={`${change.number}.plan`}
        verb="Sign the request"
        keys={keys.data?.items ?? []}
        command={`fettle change sign-request ${change.number} --key ~/.ssh/id_ed25519`}
        topics={[`change:${change.id}`, "changes"]}
        send={(given) =>
          ask(
            api.POST("/api/v1/changes/{change}/request-signature", {
              params: { path: { change: change.number } },
              body: given,
            }),
          )
        }
      />
    </Panel>
  );
}

function useOwnKeys(isOff: boolean) {
  return useAnswer({
    key: ["keys"],
    topics: ["users"],
    load: (signal) => ask(api.GET("/api/v1/keys", { signal })),
    isOff,
  });
}
