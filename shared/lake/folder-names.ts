/** Which names a folder can hold. Pure. */

/** Locks and temporary files of a folder store; no object can be in it, no listing shows it. */
export const PRIVATE_FOLDER = '.insights-lake';

/**
 * What is wrong with a name for reading, undefined when nothing is: it must stay inside the folder.
 * `windows`: there a backslash parts folders and a colon names drives and streams.
 */
export function nameFault(name: string, windows: boolean): string | undefined {
  const segments = name.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'empty folder names, . and .. are not allowed';
  if (name.includes('\0')) return 'NUL is not allowed';
  if (windows && /[\\:]/.test(name)) return '\\ and : are not allowed on Windows';
  if (segments[0]?.toLowerCase() === PRIVATE_FOLDER) return `${PRIVATE_FOLDER} is kept for locks and temporary files`;
  return undefined;
}

/** The same for writing, and stricter: what is written on one system can be copied to every other. */
export function newNameFault(name: string): string | undefined {
  if ([...name].some((char) => char < ' ' || '<>:"|?*\\'.includes(char)))
    return 'control characters and < > : " | ? * \\ are not allowed';
  const fault = nameFault(name, true);
  if (fault !== undefined) return fault;
  const segments = name.split('/');
  if (segments.some((segment) => /[. ]$/.test(segment)))
    return 'names must not end with a dot or space (Windows drops them)';
  if (segments.some((segment) => /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(segment)))
    return 'CON, PRN, AUX, NUL, COM1 and LPT1 are devices on Windows';
  return undefined;
}
