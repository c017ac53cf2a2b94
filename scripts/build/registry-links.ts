/** Where a registry shows the files of a published version, one page a file: not in the archive, but beside it. */
const PAGES = "https://app.unpkg.com";
/** The same files as they are, for images. */
const FILES = "https://unpkg.com";

/** What a version is published as. */
export interface Published {
  readonly name: string;
  readonly version: string;
}

/** A link or an image of Markdown whose target is neither an address nor a heading of the same page. */
const RELATIVE = /(!?)(\[(?:[^\]]|\](?!\())*\]\()(?![a-z]+:|#)(?:\.\/)?([^()\s]+)\)/g;

/**
 * The README as a registry's page can show it. Such a page lies elsewhere than the files, so a relative link would lead
 * nowhere: a registry makes one absolute only with the `repository` of package.json. The files of every published version are shown by
 * the public mirror of the registry, so the links lead there, to the very version whose README it is.
 */
export function withAbsoluteLinks(readme: string, { name, version }: Published): string {
  return readme.replaceAll(RELATIVE, (_, bang: string, text: string, target: string) => {
    const base =
      bang === "!" ? `${FILES}/${name}@${version}/` : `${PAGES}/${name}@${version}/files/`;
    return `${bang}${text}${base}${target})`;
  });
}

/** The README as it stands in the repository, from what `withAbsoluteLinks` has made of it. */
export function withRelativeLinks(readme: string, { name, version }: Published): string {
  return readme
    .replaceAll(`](${PAGES}/${name}@${version}/files/`, "](")
    .replaceAll(`](${FILES}/${name}@${version}/`, "](");
}
