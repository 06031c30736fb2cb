/** What is wrong with a record, each kind once, with how often and where first: the same text for the same record. */
export class Defects {
  private readonly found = new Map<string, { count: number; readonly first: string }>();

  /** `what` says what was expected and got; `where` is the place, such as `line 7`. */
  add(what: string, where: string): void {
    const known = this.found.get(what);
    if (known) known.count++;
    else this.found.set(what, { count: 1, first: where });
  }

  list(): string[] {
    return [...this.found].map(([what, { count, first }]) =>
      count === 1 ? `${what} (${first})` : `${what} (${count} times, first ${first})`,
    );
  }
}
