/** A tree of small files to walk over, in a folder of its own. */
import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FILES_A_FOLDER = 100;
const TOP_FOLDERS = 16;

/**
 * Makes so many files, in folders of a hundred, of which one has a byte and the others have none. As in real trees, the
 * folders at the top differ in size: the largest holds a ninth of the files, the smallest a hundredth. Returns the folder.
 */
export function makeFileTree(files: number): string {
  const root = mkdtempSync(join(tmpdir(), "ringpool-files-"));
  const folders = Math.ceil(files / FILES_A_FOLDER);
  for (let i = 0; i < folders; i++) {
    // Of 136 folders one is in the first folder at the top, two are in the second, and so on.
    const at = Math.floor(
      Math.sqrt(2 * (i % ((TOP_FOLDERS * (TOP_FOLDERS + 1)) / 2)) + 0.25) - 0.5,
    );
    const folder = join(root, `top ${at}`, `folder ${i}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "first.txt"), "1");
    for (let file = 1; file < FILES_A_FOLDER && i * FILES_A_FOLDER + file < files; file++)
      closeSync(openSync(join(folder, `${file}.txt`), "w"));
  }
  return root;
}
