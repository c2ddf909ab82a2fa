import { useParams } from "@tanstack/react-router";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { HostEnrolment } from "./host-enrolment.tsx";
import { HostFacts } from "./host-facts.tsx";
import { HostFindings } from "./host-findings.tsx";
import type { HostReply } from "./host-model.ts";
import { HostPackages } from "./host-packages.tsx";
import { HostRuntime } from "./host-runtime.tsx";
import { HostStates } from "./host-states.tsx";
import { HostTimeline } from "./host-timeline.tsx";
import { RunningScan } from "./scans.tsx";

/** One host: what it is, where it stands in four respects, what is on it and what happened to it. */
export function HostPage() {
  const { host: ref } = useParams({ strict: false }) as { readonly host: string };
  const host = useAnswer({
    key: ["host", ref],
    topics: ["hosts", "findings"],
    load: (signal) =>
      ask(api.GET("/api/v1/hosts/{host}", { params: { path: { host: ref } }, signal })),
  });
  return (
    <>
      {host.data === undefined && <PageHead title={ref} />}
      <Answered of={host} what="the host">
        {(answer) => <ShownHost answer={answer} />}
      </Answered>
    </>
  );
}

function ShownHost({ answer }: { readonly answer: HostReply }) {
  const { host } = answer;
  const [search] = useSearch();
  const scan = search["scan"] ?? "";
  return (
    <>
      <PageHead
        title={host.name}
        aside={
          host.mode === "inspect-only" && (
            <Mark tone="waiting" reason="Nobody can change this host, whoever asks.">
              inspect only
            </Mark>
          )
        }
        sentence={<Verdict host={host} />}
        actions={<Actions host={host} />}
      />
      {scan !== "" && <RunningScan id={scan} />}
      <HostStates states={host.states} />
      <UrlTabs
        label="About this host"
        tabs={[
          { name: "about", title: "About", page: () => <HostFacts answer={answer} /> },
          {
            name: "findings",
            title: host.findings === null ? "Findings" : `Findings ${host.findings.open}`,
            page: () => <HostFindings host={host.name} id={host.id} />,
          },
          {
            name: "packages",
            title: "Packages",
            page: () => <HostPackages host={host.name} id={host.id} />,
          },
          {
            name: "runtime",
            title: "Runtime",
            page: () => <HostRuntime host={host.name} id={host.id} />,
          },
          {
            name: "timeline",
            title: "Timeline",
            page: () => <HostTimeline host={host.name} id={host.id} />,
          },
          {
            name: "enrolment",
            title: "Enrolment",
            page: () => <HostEnrolment host={host} />,
          },
        ]}
      />
    </>
  );
}

/** What threatens the host and what can be done about it; unknown is said as such. */
function Verdict({ host }: { readonly host: HostReply["host"] }) {
  const { findings, states } = host;
  if (findings === null) return <>What threatens it is not known: {states.risk.reason}</>;
  if (findings.open === 0) return <>{states.risk.reason ?? "Nothing known threatens it."}</>;
  const exploited = `${findings.exploited} known exploited ${findings.exploited === 1 ? "flaw" : "flaws"}`;
  const open = `${findings.open} open ${findings.open === 1 ? "finding" : "findings"}`;
  return (
    <>
      {findings.exploited > 0 ? `${exploited} among ${open}` : open};{" "}
      {findings.fixable === 0
        ? "none has a fix yet"
        : `${findings.fixable === findings.open ? "all" : findings.fixable} have a fix`}
      .
    </>
  );
}

function Actions({ host }: { readonly host: HostReply["host"] }) {
  const go = useGo();
  const [, set] = useSearch();
  const params = { path: { host: host.id } };
  const otherMode = host.mode === "managed" ? ("inspect-only" as const) : ("managed" as const);
  return (
    <>
      <ActionButton
        action={actionFor(host.actions, "scan")}
        label="Scan now"
        isPrimary
        topics={["scans", "hosts"]}
        act={async () => {
          const body = { hosts: [host.id], refreshLists: true };
          const scan = await ask(api.POST("/api/v1/scans", { body }));
          // Its progress is found again by the address of this page.
          set({ scan: scan.id });
        }}
      />
      <ActionButton
        action={actionFor(host.actions, "edit")}
        label={otherMode === "managed" ? "Let it be managed" : "Inspect only"}
        topics={["hosts"]}
        confirm={
          otherMode === "managed"
            ? "From then on plans may include this host, and change it once they are approved."
            : "From then on nobody changes this host: plans leave it out, and a job that waits for it is refused."
        }
        act={() => ask(api.PATCH("/api/v1/hosts/{host}", { params, body: { mode: otherMode } }))}
      />
      <ActionButton
        action={actionFor(host.actions, "remove")}
        label="Remove"
        topics={["hosts"]}
        isDangerous
        confirm={`${host.name} leaves the fleet and is not looked at any more. Its history stays for reports.`}
        act={async () => {
          await ask(api.DELETE("/api/v1/hosts/{host}", { params }));
          go("/hosts");
        }}
      />
    </>
  );
}
