import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
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
                    {service.team === "" ? "nobody is named for it" : `team ${service.team}`}
                  </span>
                  {!service.isOpen && <Mark tone="good">Set aside</Mark>}
                  <ul style={{ margin: "2px 0 8px", paddingLeft: 16 }}>
                    {service.components.map((component) => (
                      <Component
                        key={`${component.ecosystem} ${component.name} ${component.version}`}
                        of={component}
                      />
                    ))}
                  </ul>
                </li>
              ))}
            </ul>
          )}
        </Answered>
      </Panel>
    </div>
  );
}

type Exposed = Reply<"/api/v1/findings/{vulnerability}/services">["items"][number];

/** One component: what to raise, how it got in, and what is said of it there. */
function Component({ of }: { readonly of: Exposed["components"][number] }) {
  const target = of.remedy ?? of.fixedVersion;
  const [way, ...others] = of.paths;
  return (
    <li style={{ overflowWrap: "anywhere" }}>
      {of.name} {of.version}: {target === null ? "no fix is known yet" : `raise it to ${target}`}
      {way !== undefined && (
        <div className="dim">
          {way}
          {others.length > 0 && `, and ${others.length} more`}
        </div>
      )}
      {of.filter !== null && (
        <div className="dim">
          {of.filter.isSetAside ? "Set aside: " : "Said, and sets nothing aside: "}
          {of.filter.author || "an unnamed author"} says {of.filter.says} ({of.filter.source}).{" "}
          {of.filter.trust}
        </div>
      )}
    </li>
  );
}
