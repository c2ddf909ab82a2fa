import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Panel } from "../parts/panel.tsx";

/** Services whose own components have it, and who answers for them; nothing where none has. */
export function ExposedServices({ vulnerability }: { readonly vulnerability: string }) {
  const services = useAnswer({
    key: ["finding", vulnerability, "services"],
    topics: ["findings", "services"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/findings/{vulnerability}/services", {
          params: { path: { vulnerability } },
          signal,
        }),
      ),
  });
  if (services.data?.items.length === 0) return null;
  return (
    <div style={{ marginTop: 16 }}>
      <Panel title="Services that contain it">
        <Answered of={services} what="services">
          {({ items }) => (
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {items.map((service) => (
                <li key={service.id}>
                  <Go href={service.href}>{service.name}</Go>{" "}
                  <span className="dim">
                    {service.team === "" ? "nobody named" : `team ${service.team}`}:{" "}
                    {service.components.map(componentText).join(", ")}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Answered>
      </Panel>
    </div>
  );
}

function componentText(of: {
  readonly name: string;
  readonly version: string;
  readonly fixedVersion: string | null;
}): string {
  const fix = of.fixedVersion === null ? "no fix yet" : `fixed in ${of.fixedVersion}`;
  return `${of.name} ${of.version} (${fix})`;
}
