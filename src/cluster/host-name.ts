import { getBuiltinModule } from "../runtime/index.ts";

/** The name of this computer. */
export function hostName(): string {
  const { hostname } = getBuiltinModule("node:os") as { hostname: () => string };
  return hostname();
}
