import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";

/** An entry below the folder that gets a report. It may turn out not to be a regular file. */
export interface ListedFile {
  readonly path: string;
  /** 0 when the size cannot be read. */
  readonly bytes: number;
  /** A text that changes when the file is changed; see `hasChanged`. */
  readonly version: string;
}

export interface FolderListing {
  /** Sorted, the largest first. A large file at the end would keep one worker busy while all others wait. */
  readonly files: readonly ListedFile[];
  /** One line for each folder that could not be listed, with the reason. */
  readonly failures: readonly string[];
}

/**
 * Lists everything below a folder that is not itself a folder.
 *
 * A link to a file counts as the file. A link to a folder is not followed, because it might lead in a
 * circle. An entry that cannot be read as a file is listed too, so that its report gives the reason.
 */
export function listFolder(folder: string): FolderListing {
  const files: ListedFile[] = [];
  const failures: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    try {
      for (const entry of readdirSync(next, { withFileTypes: true })) {
        const path = join(next, entry.name);
        const stats = tryStat(path);
        if (stats?.isDirectory() !== true) files.push(listed(path, stats));
        else if (!entry.isSymbolicLink()) folders.push(path);
      }
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  files.sort((one, other) => other.bytes - one.bytes || (one.path < other.path ? -1 : 1));
  return { files, failures };
}

/** Reads every file once. Then the system holds the files in memory, as far as they fit, for later reads. */
export function warmFileCache(files: readonly ListedFile[]): void {
  for (const { path } of files) {
    try {
      if (statSync(path).isFile()) readFileSync(path);
    } catch {
      // The report of this file will give the reason.
    }
  }
}

/** True when the file has been written, replaced, removed or made unreadable since it was listed. */
export function hasChanged(file: ListedFile): boolean {
  return versionOf(tryStat(file.path)) !== file.version;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function listed(path: string, stats: Stats | undefined): ListedFile {
  const bytes = stats?.isFile() === true ? stats.size : 0;
  return { path, bytes, version: versionOf(stats) };
}

/** Depends on the last change of content or permissions, and not on the last read. */
function versionOf(stats: Stats | undefined): string {
  return stats === undefined ? "none" : `${stats.ino} ${stats.size} ${stats.ctimeMs}`;
}

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
