/** What importing a `.wasm` file means in workerd: the compiled module. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
