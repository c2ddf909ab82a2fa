import { PageHead } from "../parts/page-head.tsx";

export function FindingsPage() {
  return <PageHead title="findings" />;
}
