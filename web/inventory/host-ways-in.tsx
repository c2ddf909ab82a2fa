import { Stack, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";

type Ways = Reply<"/api/v1/hosts/{host}/ways-in">;

/** Who else may become root there: as the host's own program found and signed it. */
export function HostWaysIn({ host }: { readonly host: string }) {
  const ways = useAnswer({
    key: ["ways-in", host],
    topics: ["hosts"],
    load: (signal) =>
      ask(api.GET("/api/v1/hosts/{host}/ways-in", { params: { path: { host } }, signal })),
  });
  return (
    <Panel title="Second ways in">
      <Answered of={ways} what="second ways in">
        {(answer) => <ShownWays ways={answer} />}
      </Answered>
    </Panel>
  );
}

const proofs = {
  signed: ["good", "signed by the host's own key"],
  unsigned: ["attention", "not signed"],
  wrong: ["bad", "not the host's own word"],
} as const;

function ShownWays({ ways }: { readonly ways: Ways }) {
  const { at, since, proof, problem, items } = ways;
  if (at === null || proof === null) {
    return (
      <Text size="sm">
        It never said who else is root there. <code>fettle doctor {ways.host}</code> asks it.
      </Text>
    );
  }
  const [tone, word] = proofs[proof];
  return (
    <Stack gap="sm">
      <Text size="sm" component="div">
        <Mark tone={tone}>{word}</Mark>
        {problem !== null && `: ${problem}`}. Looked at <Instant at={at} />
        {since !== null && since !== at && (
          <>
            , the same since <Instant at={since} />
          </>
        )}
        .
      </Text>
      {items.length === 0 && proof !== "wrong" && (
        <Text size="sm">Nobody else was found who may become root there.</Text>
      )}
      {items.map(({ kind, what, level, says, advice }) => (
        <div key={`${kind} ${what}`} style={{ overflowWrap: "anywhere" }}>
          <Mark tone={level}>{kind.replaceAll("-", " ")}</Mark>
          <Text size="sm" fw={600}>
            {says}
          </Text>
          <div className="mono">{what}</div>
          <Text size="sm">{advice}</Text>
        </div>
      ))}
    </Stack>
  );
}
