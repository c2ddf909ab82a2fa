import { Stack } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Plain } from "./host-facts.tsx";
import styles from "./inventory.module.css";

type Runtime = Reply<"/api/v1/hosts/{host}/runtime">;

/** What is in the memory of the host, what of it is an old version still, and who listens where. */
export function HostRuntime({ host, id }: { readonly host: string; readonly id: string }) {
  const runtime = useAnswer({
    key: ["host", host, "runtime"],
    topics: [`host:${id}`, "findings"],
    load: (signal) =>
      ask(api.GET("/api/v1/hosts/{host}/runtime", { params: { path: { host } }, signal })),
  });
  return (
    <Answered of={runtime} what="what runs">
      {(answer) =>
        answer.asOf === null ? (
          <Empty title="What runs is not known" command={`./fettle host scan ${host}`}>
            {answer.sentence}
          </Empty>
        ) : (
          <Known of={answer} />
        )
      }
    </Answered>
  );
}

function Known({ of }: { readonly of: Runtime }) {
  return (
    <>
      <p style={{ margin: "0 0 10px" }}>
        <Mark tone={of.state.tone}>{of.state.label}</Mark> {of.sentence}
        {of.asOf !== null && (
          <span className="dim">
            {" "}
            As of <Instant at={of.asOf} />.
          </span>
        )}
      </p>
      <div className={styles["two"]}>
        <Stack gap="md">
          <Panel title="Waits for a restart">
            <Restarts of={of} />
          </Panel>
          <Panel title="Packages in memory">
            <Plain
              heads={["Package", "Run by", "Mapped by", "Processes"]}
              rows={of.used.map((one) => [
                one.name,
                String(one.runCount),
                String(one.mappedCount),
                one.processes.join(", "),
              ])}
            />
          </Panel>
        </Stack>
        <Stack gap="md">
          <Panel title="Listens">
            <Listening of={of} />
          </Panel>
          <Panel title="Kernel modules">
            <Modules of={of} />
          </Panel>
        </Stack>
      </div>
    </>
  );
}

function Restarts({ of }: { readonly of: Runtime }) {
  if (of.restarts.length === 0)
    return <div className="dim">No process runs an older version of a package.</div>;
  return of.restarts.map((one) => (
    <div key={one.package} style={{ marginBottom: 8 }}>
      <Mark tone={one.state.tone}>{one.package}</Mark> {one.state.label}
      <div className="dim">
        {one.installed} is installed,{" "}
        {one.before === null ? "an older version" : `${one.before} or older`} runs in{" "}
        {one.processes.join(", ")}
      </div>
      {one.vulnerabilities.length > 0 && (
        <div>
          Still open in memory:{" "}
          {one.vulnerabilities.slice(0, SHOWN_MAX).map(({ id, isExploited }, at) => (
            <span key={id}>
              {at > 0 && ", "}
              <Go href={`/vulnerabilities/${encodeURIComponent(id)}`}>{id}</Go>
              {isExploited && " (known exploited)"}
            </span>
          ))}
          {one.vulnerabilities.length > SHOWN_MAX &&
            ` and ${one.vulnerabilities.length - SHOWN_MAX} more`}
        </div>
      )}
    </div>
  ));
}

const SHOWN_MAX = 8;

const reaches = {
  loopback: "this host only",
  address: "one address",
  any: "every address",
} as const;

function Listening({ of }: { readonly of: Runtime }) {
  if (of.listening.length === 0) return <div className="dim">No socket listens.</div>;
  return (
    <Plain
      heads={["Port", "Reached from", "Package", "Process"]}
      rows={of.listening.map((one) => [
        one.port === 0 ? one.protocol : `${one.protocol} ${one.port}`,
        reaches[one.reach],
        one.package ?? <span className="dim">not known</span>,
        one.process ?? <span className="dim">not known</span>,
      ])}
    />
  );
}

function Modules({ of }: { readonly of: Runtime }) {
  return (
    <>
      <div>{of.moduleCount.toLocaleString("en")} loaded.</div>
      {of.disabledModules.length > 0 && (
        <Plain
          heads={["Switched off", "How", "File"]}
          rows={of.disabledModules.map((one) => [
            one.name,
            one.how === "install" ? "never loaded" : "not for a device",
            one.path ?? "",
          ])}
        />
      )}
    </>
  );
}
