/** What does not show: format characters, what a reader is to ignore, blanks that are letters. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A name as it is compared: case, width, composition, spaces and whatever in it does not show do not count. */
export function plainName(name: string): string {
  // By way of capitals: there ß and SS are one.
  const folded = name.normalize('NFKC').replaceAll(UNSEEN, '').toUpperCase().toLowerCase().normalize('NFKC');
  return folded.replaceAll(/\s+/g, ' ').trim();
}

/** Whether two names, or two roles, are of one person, or the same role, as far as their spelling tells. */
export function sameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other);
}

/** Whether one of the names is this one. */
export function isAmong(name: string, names: readonly string[]): boolean {
  return names.some((one) => sameName(one, name));
}
