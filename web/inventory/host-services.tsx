import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Panel } from "../parts/panel.tsx";

/** What this host runs for whom: the services that name it or select its labels, with their teams. */
export function HostServices({ host }: { readonly host: string }) {
  const services = useAnswer({
    key: ["host", host, "services"],
    topics: ["services", "hosts"],
    load: (signal) =>
      ask(api.GET("/api/v1/services", { params: { query: { host, limit: 100 } }, signal })),
  });
  return (
    <Panel title="Who it works for">
      <Answered of={services} what="services">
        {({ items }) =>
          items.length === 0 ? (
            <span className="dim">No service names this host or selects its labels.</span>
          ) : (
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {items.map(({ service }) => (
                <li key={service.id}>
                  <Go href={`/services/${service.name}`}>{service.name}</Go>{" "}
                  <span className="dim">
                    {service.team === "" ? "nobody named" : `team ${service.team}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}
