# filled by the folder's owner
