import Testing

@testable import DunlinDatabase

@Suite struct FileSystemTests {
    private static let mounts = """
        22 28 0:20 / /proc rw,nosuid shared:5 - proc proc rw
        28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
        40 28 0:44 / /srv/share rw shared:7 master:2 - nfs4 files:/share rw
        41 40 0:45 / /srv/share/local rw - xfs /dev/vdb rw
        42 28 0:46 / /media/my\\040phone rw - fuse.sshfs me@host:/ rw
        43 28 0:47 / /covered rw - ext4 /dev/vdc rw
        44 28 0:48 / /covered rw - cifs //host/share rw
        """

    @Test(arguments: [
        ("/var/lib/dunlin", "ext4"), ("/srv/share", "nfs4"), ("/srv/share/x/y", "nfs4"), ("/srv/sharelock", "ext4"),
        ("/srv/share/local/d.db", "xfs"), ("/media/my phone/d.db", "fuse.sshfs"), ("/covered/d.db", "cifs"),
    ])
    func theLongestAndLastMountDecides(path: String, type: String) {
        #expect(FileSystems.type(of: path, mounts: Self.mounts) == type)
    }

    @Test(arguments: ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "virtiofs", "ceph"])
    func networkFileSystemsAreKnown(type: String) { #expect(FileSystems.isNetwork(type)) }

    @Test(arguments: ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk"])
    func localFileSystemsAreLetThrough(type: String) { #expect(!FileSystems.isNetwork(type)) }
}
