peridio binaries update \
--prn $BINARY_PRN \
--state hashable
