/** Makes the browser save a text as a file. */
export function saveFile(name: string, text: string, type: string): void {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	// The browser reads it a moment later.
	window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
