import { Empty } from "../parts/empty.tsx";
import { Go } from "./go.tsx";

export function NoPage() {
  return (
    <Empty title="There is no page here" action={<Go href="/">Go to the overview</Go>}>
      The address may be old or mistyped. Ctrl-K finds hosts, patches, changes and CVEs by name.
    </Empty>
  );
}
