import { Go } from "../app/go.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./inventory.module.css";
import { LabelList } from "./labels.tsx";
import type { ShownService } from "./shown-service.ts";

/** Who answers for it, what runs it and what it needs. */
export function ServiceAbout({ of }: { readonly of: ShownService }) {
  const { service } = of.judged;
  const none = <span className="dim">nobody named</span>;
  return (
    <div className={styles["two"]}>
      <Panel title="Who answers for it">
        <Facts
          of={[
            ["Title", service.title || <span className="dim">none</span>],
            ["Team", service.team || none],
            ["Owners", service.owners.join(", ") || none],
            ["Labels", <LabelList key="labels" labels={service.labels} />],
            ["Repository", <Repository key="repository" url={service.repository} />],
            ["Added", <Instant key="added" at={service.createdAt} />],
          ]}
        />
      </Panel>
      <Panel title="What it hangs on">
        <Facts
          of={[
            ["Hosts", <HostNames key="hosts" of={of} />],
            ["By label", service.hostSelector ?? <span className="dim">not by label</span>],
            ["Needs", <ServiceNames key="needs" of={service.needs} />],
            ["Needed by", <ServiceNames key="by" of={of.neededBy} />],
          ]}
        />
      </Panel>
    </div>
  );
}

/** The server lets nothing but web addresses in. */
function Repository({ url }: { readonly url: string }) {
  if (url === "") return <span className="dim">not said</span>;
  return (
    <a className="go is-link" href={url} rel="noreferrer noopener" target="_blank">
      {url}
    </a>
  );
}

export function HostNames({ of }: { readonly of: ShownService }) {
  const { hosts, judged } = of;
  if (judged.hostCount === 0) return <span className="dim">none known</span>;
  const others = judged.hostCount - hosts.length;
  return (
    <>
      {hosts.map((host, at) => (
        <span key={host.id}>
          {at > 0 && ", "}
          <Go href={`/hosts/${host.name}`}>{host.name}</Go>
        </span>
      ))}
      {others > 0 && ` and ${others.toLocaleString("en")} more`}
    </>
  );
}

function ServiceNames({ of }: { readonly of: readonly { id: string; name: string }[] }) {
  if (of.length === 0) return <span className="dim">none</span>;
  return of.map((service, at) => (
    <span key={service.id}>
      {at > 0 && ", "}
      <Go href={`/services/${service.name}`}>{service.name}</Go>
    </span>
  ));
}
