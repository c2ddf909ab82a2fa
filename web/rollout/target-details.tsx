import { CloseButton, Drawer, Group, Stack, Title } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Action, ActionButton, Refusals } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { ClockTime, Instant } from "../parts/instant.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import { type Rollout, StandingMark, type Target } from "./standing.tsx";

/** One host of the rollout: where it stands, why, what it said, and what can be done about it. */
export function TargetDetails(props: {
  readonly rollout: Rollout;
  readonly host: string;
  readonly onClose: () => void;
}) {
  const { rollout, host, onClose } = props;
  const found = useAnswer({
    key: ["rollout", rollout.id, "host", host],
    topics: [`rollout:${rollout.id}`],
    load: (signal) => {
      const params = { path: { rollout: rollout.id }, query: { host, limit: 1 } };
      return ask(api.GET("/api/v1/rollouts/{rollout}/targets", { params, signal }));
    },
  });
  return (
    <Drawer.Root
      opened
      onClose={onClose}
      position="right"
      size="md"
      transitionProps={{ duration: 0 }}
      // Locking the scroll needs a style without the page's nonce, which the policy refuses.
      lockScroll={false}
    >
      <Drawer.Overlay />
      <Drawer.Content aria-label={host}>
        <Drawer.Body>
          <Group justify="space-between" mb="sm">
            <Title order={2}>{host}</Title>
            <CloseButton aria-label="Close" onClick={onClose} />
          </Group>
          <Answered of={found} what="the host">
            {({ items: [target] }) =>
              target === undefined ? (
                <Empty title={`${host} is not in this rollout`}>
                  It may lie outside your scope. The list of hosts names every one that you may see.
                </Empty>
              ) : (
                <Details rollout={rollout} target={target} />
              )
            }
          </Answered>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Details({ rollout, target }: { readonly rollout: Rollout; readonly target: Target }) {
  const wave = rollout.waves.find((one) => one.number === target.wave);
  return (
    <Stack gap="md">
      <div>
        <StandingMark standing={target.standing} />
        <div style={{ marginTop: 4 }}>
          <b>{target.name}</b> <Sentence text={target.sentence} />
        </div>
      </div>
      <Facts
        of={[
          ["Wave", ringName(wave?.ring ?? String(target.wave))],
          ["Attempt", String(target.attempt)],
          ["Engine's state", target.state],
          ...optional("Way in", target.way),
          ...optional("Files before its time", filesText(target.staging)),
          ...optional("Newest step", target.step),
          ...optional("Code", target.code),
          ...(target.retryAt === null
            ? []
            : [["Tries again", <ClockTime key="retry" at={target.retryAt} isRelative />] as const]),
          ...(target.endedAt === null
            ? []
            : [["Ended", <Instant key="ended" at={target.endedAt} />] as const]),
        ]}
      />
      {target.keys.length > 0 && <KeysMade keys={target.keys} />}
      {target.evidence !== null && <Evidence of={target.evidence} />}
      <HostActions rollout={rollout} target={target} />
      <Go href={`/hosts/${target.host}`}>Everything about this host</Go>
    </Stack>
  );
}

function optional(name: string, value: string | null): readonly (readonly [string, string])[] {
  return value === null ? [] : [[name, value]];
}

/** Keys and certificates that the job made anew. */
function KeysMade({ keys }: { readonly keys: Target["keys"] }) {
  return (
    <section aria-label="Keys made anew">
      <b>Keys made anew</b>
      {keys.map(({ path, before, after }) => (
        <div key={path}>
          <span className="mono">{path}</span>{" "}
          <span className="dim" title={`${before ?? "none"} → ${after}`}>
            SHA-256 {before?.slice(0, 12) ?? "none"} → {after.slice(0, 12)}
          </span>
        </div>
      ))}
    </section>
  );
}

/** What the fresh look found; its form is that of the judgement. */
function Evidence({ of }: { readonly of: unknown }) {
  return (
    <section aria-label="What a fresh look found">
      <b>What a fresh look found</b>
      <TextBlock label="Evidence" text={JSON.stringify(of, null, 2)} />
    </section>
  );
}

function HostActions({ rollout, target }: { readonly rollout: Rollout; readonly target: Target }) {
  const path = { rollout: rollout.id };
  const topics = [`rollout:${rollout.id}`, "rollouts"];
  const actions: readonly Action[] = target.actions;
  const actionFor = (verb: string) => actions.find((action) => action.verb === verb);
  const host = target.name;
  return (
    <>
      <Group gap="xs">
        <ActionButton
          action={actionFor("retry")}
          label="Retry"
          topics={topics}
          asksReason
          confirm={`${host} gets a new attempt, within what the approved plan allows.`}
          act={(reason) =>
            ask(
              api.POST("/api/v1/rollouts/{rollout}/retry", {
                params: { path },
                body: { hosts: [host], except: [], reason },
              }),
            )
          }
        />
        <ActionButton
          action={actionFor("skip")}
          label="Leave out"
          topics={topics}
          asksReason
          confirm={`${host} is left out of this rollout and counts neither for nor against its gate.`}
          act={(reason) =>
            ask(
              api.POST("/api/v1/rollouts/{rollout}/skip", {
                params: { path },
                body: { host, reason },
              }),
            )
          }
        />
        <ActionButton
          action={actionFor("lost")}
          label="Declare lost"
          topics={topics}
          asksReason
          isDangerous
          confirm={`Says that the word of ${host} will never come. It takes a second person too, because the host may be at work; afterwards it is in quarantine until it is enrolled again.`}
          act={(reason) =>
            ask(
              api.POST("/api/v1/rollouts/{rollout}/lost", {
                params: { path },
                body: { host, reason },
              }),
            )
          }
        />
      </Group>
      <Refusals of={target.actions} />
    </>
  );
}

/** Whether the files of its job came before its time, and why not. */
function filesText(staging: Target["staging"]): string | null {
  if (staging === null) return null;
  const { state, code, why, files, kilobytes } = staging;
  if (state === "staged") return `${files} ${files === 1 ? "file" : "files"}, ${kilobytes} KB`;
  const because = [code, why].filter((word) => word !== null).join(": ");
  const what = { waiting: "to come", refused: "refused", over: "not before its job" }[state];
  return because === "" ? what : `${what} (${because})`;
}
