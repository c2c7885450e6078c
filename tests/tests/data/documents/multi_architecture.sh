# Build for multiple targets
TARGETS="x86_64-linux-gnu aarch64-linux-gnu arm-linux-gnueabihf"
for TARGET in $TARGETS; do
# Build
make TARGET=$TARGET
# Create binary
peridio binaries create \
--artifact-version-prn $VERSION_PRN \
--target $TARGET \
--hash $(sha256sum output-$TARGET.bin | cut -d' ' -f1)
# Upload
peridio binaries upload \
--binary-prn $BINARY_PRN \
--file output-$TARGET.bin
done
