import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { AsOfChoice, asOfQuery, PastBanner } from "../intel/as-of.tsx";
import { ActionButton, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { PublishSbom } from "./publish-sbom.tsx";
import { ServiceAbout } from "./service-about.tsx";
import { ServiceComponents } from "./service-components.tsx";
import { ServiceFindings } from "./service-findings.tsx";
import { ServiceForm } from "./service-form.tsx";
import { ServiceHistory } from "./service-history.tsx";
import { ServiceHostFindings } from "./service-host-findings.tsx";
import type { ShownService } from "./shown-service.ts";

/** One service: what mends it, what is in it, who answers for it and what changed. */
export function ServicePage() {
  const { service: ref } = useParams({ strict: false }) as { readonly service: string };
  const [search] = useSearch();
  const query = asOfQuery(search);
  const service = useAnswer({
    key: ["service", ref, query],
    topics: ["services", "findings", "hosts"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/services/{service}", {
          params: { path: { service: ref }, query },
          signal,
        }),
      ),
  });
  return (
    <>
      {service.data === undefined && <PageHead title={ref} />}
      <Answered of={service} what="the service">
        {(answer) => <Shown of={answer} />}
      </Answered>
    </>
  );
}

function Shown({ of }: { readonly of: ShownService }) {
  const { service, state, findings, hostCount } = of.judged;
  const isSeen = findings !== null;
  const [search, set] = useSearch();
  return (
    <>
      {of.asOf !== null && <PastBanner set={set} asOf={of.asOf} knownSince={of.knownSince} />}
      <PageHead
        title={service.name}
        aside={
          <Mark tone={state.state} reason={state.reason}>
            {state.label}
          </Mark>
        }
        sentence={<Verdict of={of} />}
        actions={
          <>
            <AsOfChoice search={search} set={set} knownSince={of.knownSince} />
            {of.asOf === null && <Actions of={of} />}
          </>
        }
      />
      <UrlTabs
        label="About this service"
        tabs={[
          ...(isSeen
            ? [
                {
                  name: "findings",
                  title: `Findings ${findings.open}`,
                  page: () => <ServiceFindings of={of} />,
                },
                {
                  name: "components",
                  title: `Components ${of.judged.componentCount}`,
                  page: () => <ServiceComponents of={of} />,
                },
              ]
            : []),
          {
            name: "hosts",
            title: `Hosts ${hostCount}`,
            page: () => <ServiceHostFindings of={of} />,
          },
          { name: "history", title: "History", page: () => <ServiceHistory of={of} /> },
          { name: "about", title: "About", page: () => <ServiceAbout of={of} /> },
        ]}
      />
    </>
  );
}

/** What is wrong with it, who answers, and what is not known. */
function Verdict({ of }: { readonly of: ShownService }) {
  const { service, state, findings, unknownCount, artifactCount } = of.judged;
  const team =
    service.team === ""
      ? "Nobody is named who answers for it."
      : `Team ${service.team} answers for it.`;
  if (findings === null || artifactCount === 0) return <>{`${state.reason ?? ""} ${team}`}</>;
  const flaws = (count: number): string => (count === 1 ? "1 flaw" : `${count} flaws`);
  const open =
    findings.open === 0
      ? "No known flaw in what can be judged"
      : `${flaws(findings.open)} in its components, ${findings.exploited === 0 ? "none" : findings.exploited} known to be exploited, ${findings.fixable === 0 ? "none" : findings.fixable} with a fix`;
  const { setAsideCount: aside } = of.judged;
  const setAside =
    aside === 0 ? "" : ` ${flaws(aside)} more ${aside === 1 ? "is" : "are"} set aside.`;
  const unknown =
    unknownCount === 0
      ? ""
      : ` ${unknownCount === 1 ? "1 entry" : `${unknownCount} entries`} cannot be judged.`;
  return <>{`${open}.${setAside}${unknown} ${team}`}</>;
}

function Actions({ of }: { readonly of: ShownService }) {
  const { service, actions } = of.judged;
  const [open, setOpen] = useState<"publish" | "edit" | null>(null);
  const go = useGo();
  const publish = actionFor(actions, "publish");
  const edit = actionFor(actions, "edit");
  return (
    <>
      {publish !== undefined && (
        <GuardedButton
          action={publish}
          {...(publish.allowed ? { variant: "filled" } : {})}
          onClick={() => setOpen("publish")}
        >
          {publish.label}
        </GuardedButton>
      )}
      {edit !== undefined && (
        <GuardedButton action={edit} onClick={() => setOpen("edit")}>
          {edit.label}
        </GuardedButton>
      )}
      <ActionButton
        action={actionFor(actions, "remove")}
        label="Remove"
        topics={["services"]}
        isDangerous
        confirm={`${service.name} leaves the lists. Its history stays for reports.`}
        act={async () => {
          const params = { path: { service: service.id } };
          await ask(api.DELETE("/api/v1/services/{service}", { params }));
          go("/services");
        }}
      />
      {open === "publish" && <PublishSbom service={service} onClose={() => setOpen(null)} />}
      {open === "edit" && <ServiceForm of={service} onClose={() => setOpen(null)} />}
    </>
  );
}
