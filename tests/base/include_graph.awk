# The arrows of the include graph: awk -f include_graph.awk FILES, each named from the root of the tree (src/ROOM/…, include/aet4d/ROOM.h).
# Prints every arrow that points up and ends with 1 if there is one.
BEGIN {
  below["base"] = ""
  below["units"] = "base"
  below["dist"] = "base units"
  below["io"] = "base units dist"
  below["tilt"] = below["io"] " io"
  below["recon"] = below["tilt"] " tilt"
  below["atoms"] = below["recon"] " recon"
  below["structure"] = below["atoms"] " atoms"
  below["series"] = below["structure"] " structure"
  below["probe"] = below["io"] " io"
  below["diffraction"] = below["io"] " io"
  below["correlate"] = below["series"] " series probe diffraction"
  below["simulate"] = below["io"] " io"
  below["report"] = below["correlate"] " correlate simulate"
  below["app"] = below["report"] " report aet4d"
  below["aet4d"] = below["report"] " report" # the umbrella header
  for (room in below) {
    may[room, room] = 1
    count = split(below[room], names, " ")
    for (i = 1; i <= count; i++) may[room, names[i]] = 1
  }
  # who may include another library's headers
  owners["hdf5.h"] = owners["hdf5_hl.h"] = owners["matio.h"] = owners["tiffio.h"] = "io"
  owners["fftw3.h"] = owners["fftw3-mpi.h"] = "base dist recon tilt simulate"
  owners["yaml.h"] = owners["cJSON.h"] = owners["xxhash.h"] = "base"
  bad = 0
}

function complain(text) {
  print FILENAME ":" FNR ": " text
  bad = 1
}

function room_of(file, parts) {
  sub(/^\.\//, "", file)
  split(file, parts, "/")
  if (parts[1] == "src") return parts[2]
  sub(/\.h$/, "", parts[3])
  return parts[3]
}

FNR == 1 {
  room = room_of(FILENAME)
  kernel = FILENAME ~ /\/kernel\//
  if (!((room, room) in may)) complain("room " room " is in no row of the table of rooms")
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
  header = $0
  sub(/^[^<"]*[<"]/, "", header)
  sub(/[>"].*$/, "", header)
  base = header
  sub(/^.*\//, "", base)

  if (header ~ /^aet4d\//) target = substr(base, 1, length(base) - 2)
  else if ($0 ~ /"/ && header ~ /^kernel\//) target = room # its own kernels, named from its own folder
  else if ($0 ~ /"/ && header ~ /\//) target = substr(header, 1, index(header, "/") - 1)
  else target = ""
  if (target != "" && !((room, target) in may)) complain("room " room " may not include " header)

  if (base in owners && index(" " owners[base] " ", " " room " ") == 0) complain("only " owners[base] " may include " header ", not " room)

  if (kernel && (base == "mpi.h" || base ~ /^petsc/ || base ~ /^hdf5/ || base == "fftw3-mpi.h" || (target != "" && header !~ /(^|\/)kernel\//)))
    complain("a kernel is plain C on pointers and sizes: it may not include " header)
}

END { exit bad }
