/** Which files the package holds: the only ones that it may, those that it must, and how large it may be. */
import { PUBLIC_ENTRIES } from "../build/entries.ts";

/** Every file of the package matches one of these. */
const EXPECTED: readonly RegExp[] = [
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^(?:src|native-queue)\/.*\.(?:ts|md)$/,
  /^dist\/[\w-]+\.(?:c?js|c?js\.map|cjs\.jsc|d\.ts|d\.cts)$/,
  /^dist\/LICENSES\.txt$/,
  /^docs\/(?!site\/).*\.(?:md|svg)$/,
  /^docs\/plots\/timeline\.png$/,
  /^examples\/annotated\.ts$/,
];

const ENDINGS = ["js", "cjs", "d.ts", "d.cts"];

/** What the package cannot be without. */
const REQUIRED: readonly string[] = [
  "package.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "dist/worker-main.cjs",
  "dist/ringpool-cli.js",
  ...Object.keys(PUBLIC_ENTRIES).flatMap((name) => ENDINGS.map((end) => `dist/${name}.${end}`)),
  ...Object.values(PUBLIC_ENTRIES),
];

/** The most bytes that the archive may have. It had 1.5 million when this was set. */
export const MOST_ARCHIVE_BYTES = 2_500_000;

/** The most bytes that the files may have together when they are installed. They had 4.8 million when this was set. */
export const MOST_INSTALLED_BYTES = 8_000_000;

/** What is wrong with the list of the files, a sentence each. */
export function objectionsToFiles(files: Iterable<string>): string[] {
  const packed = new Set(files);
  const missing = REQUIRED.filter((file) => !packed.has(file)).map(
    (file) => `The archive lacks a file that the package needs: file=${file}`,
  );
  const strange = [...packed]
    .filter((file) => !EXPECTED.some((expected) => expected.test(file)))
    .map(
      (file) =>
        `The archive holds a file that no rule of scripts/release/packed-files.ts expects; leave it out with "files" of package.json, or add a rule: file=${file}`,
    );
  return [...missing, ...strange];
}

/** What is wrong with the size, a sentence each. */
export function objectionsToSize(archiveBytes: number, installedBytes: number): string[] {
  const objections: string[] = [];
  if (archiveBytes > MOST_ARCHIVE_BYTES)
    objections.push(
      `The archive is larger than it may be: bytes=${archiveBytes} limit=${MOST_ARCHIVE_BYTES}`,
    );
  if (installedBytes > MOST_INSTALLED_BYTES)
    objections.push(
      `The installed files are larger than they may be: bytes=${installedBytes} limit=${MOST_INSTALLED_BYTES}`,
    );
  return objections;
}
