/**
 * Links of the documents, as they lead on the site. The documents are written for the repository: their links are paths of
 * files, and their anchors are those that GitHub makes.
 */
import { posix } from "node:path";

/** Where a file or a folder of the repository is in the site: its path, by its path in the repository. */
export type Places = Readonly<Record<string, string>>;

/** Whether a link leads to a file of the repository, and not to a heading of the same page or to an address on the web. */
export function leadsToFile(target: string): boolean {
  return !/^(?:[a-z][a-z+.-]*:|#|\/)/i.test(target);
}

/** The file of the repository that a link of a document leads to. */
export function fileOf(target: string, document: string): string {
  const path = decodeURI(target.split("#")[0] ?? "");
  return posix.join(posix.dirname(document), path).replace(/\/$/, "");
}

/**
 * A link of a document, as it has to be on the page of that document.
 *
 * @param page the path of the page in the site
 * @returns the link itself when what it leads to is not in the site: the generator then names it
 */
export function linkOnSite(target: string, page: string, places: Places): string {
  if (!leadsToFile(target)) return target;
  const document = Object.keys(places).find((file) => places[file] === page);
  if (document === undefined) return target; // A page of the API reference: it has no document.
  const place = places[fileOf(target, document)];
  if (place === undefined) return target;
  const path = posix.relative(posix.dirname(page), place);
  const [, anchor] = target.split("#");
  return `${path.startsWith(".") ? path : `./${path}`}${anchor === undefined ? "" : `#${anchor}`}`;
}

/** The anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
