import { PageHead } from "../parts/page-head.tsx";

export function PatchesPage() {
  return <PageHead title="patches" />;
}
