import { PageHead } from "../parts/page-head.tsx";

export function ChangePage() {
  return <PageHead title="change" />;
}
