import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import type { Search } from "../app/search-state.ts";
import { FilterChoice } from "../parts/filters.tsx";

/** Services named in the choice; whoever has more types the name into the search instead. */
const SERVICES_MAX = 200;

/** Only what one service contains and its hosts have; nothing to choose where there is no service. */
export function ServiceChoice(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
}) {
  const services = useAnswer({
    key: ["services", "names"],
    topics: ["services"],
    load: (signal) =>
      ask(api.GET("/api/v1/services", { params: { query: { limit: SERVICES_MAX } }, signal })),
  });
  const names = services.data?.items.map(({ service }) => service.name) ?? [];
  if (names.length === 0) return null;
  return (
    <FilterChoice
      {...props}
      name="service"
      label="Service"
      choices={names.map((name) => ({ value: name, label: name }))}
    />
  );
}
