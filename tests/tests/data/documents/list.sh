# List all binaries for a version
peridio binaries list \
--artifact-version-prn $VERSION_PRN
# Filter by target
peridio binaries list \
--artifact-version-prn $VERSION_PRN \
--target "arm-linux-gnueabihf"
