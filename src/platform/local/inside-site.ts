/** The words that, put before a command of the supervisor's, run it in the network of a site: of a fault between sites it sees nothing there. */
export function insideSite(site: string): readonly [string, string] {
  return ['nsenter', `--net=/run/netns/${site}`];
}
