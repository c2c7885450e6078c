// All widgets of `widgets.js`, which is one chunk.
export { TimeField } from "./time_field";
export { VirtualItems } from "./virtual_items";
export { VirtualRows } from "./virtual_rows";
