import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Empty } from "../parts/empty.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { HostNames } from "./service-about.tsx";
import type { ShownService } from "./shown-service.ts";

type Row = Reply<"/api/v1/services/{service}/host-findings">["items"][number];

/** The hosts that run it, and which update of their packages clears what. */
export function ServiceHostFindings({ of }: { readonly of: ShownService }) {
  const { service, hostCount, hostFindings } = of.judged;
  const past = of.asOf === null ? {} : { asOf: of.asOf };
  if (hostCount === 0) {
    return (
      <Empty
        title="No host is known to run it"
        command={`./fettle service edit ${service.name} --hosts service=${service.name}`}
      >
        A label expression says which hosts run it; then their packages are shown here too.
      </Empty>
    );
  }
  return (
    <>
      <p style={{ margin: "0 0 12px" }}>
        <HostNames of={of} />
      </p>
      {hostFindings !== null && (
        <VirtualList
          label="updates"
          single="update"
          listKey={["service", service.id, "host-findings", past]}
          topics={[`service:${service.id}`, "findings", "hosts"]}
          load={(range) =>
            ask(
              api.GET("/api/v1/services/{service}/host-findings", {
                params: { path: { service: service.id }, query: { ...range, ...past } },
              }),
            )
          }
          rowId={(row) => row.key}
          columns={columns}
          href={(row) => `/findings?by=vulnerability&q=${encodeURIComponent(row.source)}`}
          empty={
            <Empty title="Nothing was found on its hosts">
              No loaded feed names a flaw in the packages of the hosts that run it.
            </Empty>
          }
        />
      )}
    </>
  );
}

const columns: readonly Column<Row>[] = [
  { title: "Update", width: "minmax(0, 1.2fr)", cell: (row) => row.source },
  {
    title: "Of",
    width: "minmax(0, 0.8fr)",
    isWideOnly: true,
    cell: (row) => releaseName(row.ecosystem),
  },
  {
    title: "Fixed in",
    width: "minmax(0, 1.6fr)",
    isWideOnly: true,
    cell: (row) => (
      <span title={row.fixedVersions.join(", ")}>
        {row.target ?? (row.fixedVersions.join(" or ") || <span className="dim">no fix yet</span>)}
      </span>
    ),
  },
  {
    title: "Exploited",
    width: "104px",
    cell: (row) =>
      row.exploited > 0 ? (
        <Mark tone="bad">{row.exploited} known</Mark>
      ) : (
        <span className="dim">not known</span>
      ),
  },
  { title: "Clears", width: "64px", isNumber: true, cell: (row) => row.vulnerabilities },
  { title: "Hosts", width: "60px", isNumber: true, cell: (row) => row.hostCount },
];
