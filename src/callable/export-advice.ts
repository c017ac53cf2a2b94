import { IS_BUNDLED } from "../runtime/index.ts";

/**
 * How to make a function known to workers.
 *
 * @param instead what else may help, after "or"
 */
export function exportAdvice(instead: string): string {
  return IS_BUNDLED
    ? `In a bundle a worker finds what the plugin of ringpool/build has registered, or what the main module exports: export it from a module and build with plugins: [ringpool()], or export it again in the main module, or ${instead}`
    : `Export it from a module, or ${instead}`;
}
