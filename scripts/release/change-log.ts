/** The change log, in the form of https://keepachangelog.com. */
import { parser } from "keep-a-changelog";
import type { Changelog } from "keep-a-changelog";

/**
 * What keeps a version from being released with this change log, a sentence each.
 *
 * @param today the day of the release: a section may not be dated after it
 */
export function objectionsToChangeLog(text: string, version: string, today: Date): string[] {
  let changeLog: Changelog;
  try {
    changeLog = parser(text);
  } catch (error) {
    return [`CHANGELOG.md is not in the form of Keep a Changelog: ${(error as Error).message}`];
  }
  const { releases } = changeLog;
  const objections: string[] = [];
  const unreleased = releases.find((release) => release.version === undefined);
  if (unreleased === undefined)
    objections.push('CHANGELOG.md has no section "Unreleased"; add an empty one above all others');
  else if (!unreleased.isEmpty())
    objections.push(
      `CHANGELOG.md still has changes under "Unreleased"; move them into the section of the version: version=${version}`,
    );
  const newest = releases.find((release) => release.version !== undefined);
  const section = releases.find((release) => release.version === version);
  if (section === undefined)
    return [
      ...objections,
      `CHANGELOG.md has no section for the version of package.json; write one: heading="## [${version}] - ${isoDay(today)}"`,
    ];
  if (newest !== section)
    objections.push(
      `The newest section of CHANGELOG.md is not that of the version of package.json: newest=${newest?.version} version=${version}`,
    );
  if (section.isEmpty())
    objections.push(`The section of the version in CHANGELOG.md is empty: version=${version}`);
  const { date } = section;
  if (date === undefined || Number.isNaN(date.getTime()))
    objections.push(
      `The section of the version in CHANGELOG.md has no date, such as ${isoDay(today)}: version=${version}`,
    );
  else if (date > today)
    objections.push(
      `The section of the version in CHANGELOG.md is dated in the future: version=${version} date=${isoDay(date)}`,
    );
  return objections;
}

function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}
