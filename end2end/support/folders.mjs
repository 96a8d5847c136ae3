// Temporary folders of programs that may still be writing their last files.
import { rm } from "node:fs/promises";

// Removes a folder. Retries as a whole: Node's own retries end at the first subfolder that was filled again.
export async function removeFolder(path, tries = 20) {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await removeFolder(path, tries - 1);
  }
}
