import { PageHead } from "../parts/page-head.tsx";

export function PatchPage() {
  return <PageHead title="patch" />;
}
